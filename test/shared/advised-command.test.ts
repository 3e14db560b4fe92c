import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { namingProfile } from '../../src/shared/advised-command.js';

test('every command is named with the profile', () => {
  for (const { name } of commands)
    expect(namingProfile(`Run: pllan ${name}`, 'work')).toBe(`Run: pllan --profile work ${name}`);
});

test.each([
  ['`pllan setup`, or pllan gateway.', 'dev', '`pllan --dev setup`, or pllan --dev gateway.'],
  ['sudo pllan gateway install --system', 'a-b', 'sudo pllan --profile a-b gateway install --system'],
  ['Stop it with `pllan gateway stop`', undefined, 'Stop it with `pllan gateway stop`'],
  ['pllan doctor --fix', 'default', 'pllan doctor --fix'],
  [
    '`pllan --profile <name> gateway`, ~/.pllan gateway',
    'w',
    '`pllan --profile <name> gateway`, ~/.pllan gateway',
  ],
  ['pllan is well', 'w', 'pllan is well'],
])('%s of %s is %s', (text, profile, said) => {
  expect(namingProfile(text, profile)).toBe(said);
});
