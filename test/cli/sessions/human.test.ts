import { expect, test } from 'vitest';
import { createStyle } from '../../../src/cli/output/style.js';
import { sessionLines } from '../../../src/cli/sessions/human.js';

const plain = createStyle(false);

test('one line for each session, columns in line, and how many are left', () => {
  const sessions = [
    {
      kind: 'direct',
      key: 'agent:main:main',
      updatedAt: 1_000,
      modelProvider: 'p',
      model: 'm-1',
      totalTokens: 12,
      thinkingLevel: 'high',
      hasActiveRun: true,
      pinned: true,
    },
    { kind: 'group', key: 'agent:main:x\u001B[31m', thinkingLevel: 'off' },
  ];
  expect(sessionLines({ totalCount: 5, sessions }, plain, 61_000)).toEqual([
    'Kind    Key                Age  Model  Tokens  Flags',
    'direct  agent:main:main    1m   p/m-1  12      running pinned thinking:high',
    'group   agent:main:x?[31m  -    -      -       -',
    '… and 3 more: --limit',
  ]);
});

test.each([[undefined], [{}], [{ sessions: [] }]])('%j is no sessions', (list) => {
  expect(sessionLines(list, plain, 0)).toEqual(['No sessions.']);
});
