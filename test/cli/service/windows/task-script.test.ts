import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseScript, scriptText } from '../../../../src/cli/service/windows/task-script.js';
import { definitions, plainDefinition, readBack } from '../definitions.js';

it('is written as the command processor wants it', () => {
  const definition = {
    ...plainDefinition,
    programArguments: [
      'C:\\Program Files\\nodejs\\node.exe',
      'C:\\pllan\\entry.js',
      'gateway',
      '--port',
      '1',
    ],
    workingDirectory: 'C:\\Users\\u\\.pllan',
    environment: { PLLAN_GATEWAY_PORT: '1', NOTE: '100% & more' },
  };
  expect(scriptText(definition).split('\r\n')).toEqual([
    '@echo off',
    'rem pllan Gateway (v0.1.0)',
    'cd /d "C:\\Users\\u\\.pllan"',
    'set "PLLAN_GATEWAY_PORT=1"',
    'set "NOTE=100%% & more"',
    '"C:\\Program Files\\nodejs\\node.exe" C:\\pllan\\entry.js gateway --port 1',
    '',
  ]);
});

it('is read back as it was, whatever is in it', () => {
  fc.assert(
    // oxlint-disable-next-line no-control-regex
    fc.property(definitions(/["\u0000-\u001f]/g), (definition) => {
      const read = parseScript(scriptText(definition), 'x');
      expect(read).toMatchObject(readBack(definition));
    }),
    { numRuns: 300 },
  );
});

it('is refused for what no script can say', () => {
  for (const text of ['a"b', 'a\nb'])
    expect(() => scriptText({ ...plainDefinition, environment: { X: text } })).toThrow(
      'A Windows script cannot say this',
    );
});
