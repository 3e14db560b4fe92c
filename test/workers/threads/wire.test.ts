import { expect, it } from 'vitest';
import type { ModelCall, TaskId, TaskPart, TaskSummary } from '../../../src/workers/threads/protocol.js';
import { decodePart, encodePart } from '../../../src/workers/threads/wire.js';

const id = 7 as TaskId;
const calls: readonly ModelCall[] = [
  { ms: 3, firstByteMs: undefined, outcome: 'error', category: 'connection' },
  { ms: 12.5, firstByteMs: 9, outcome: 'ok', category: 'none' },
];
const turn = {
  agent: 'main',
  provider: 'p',
  model: 'm',
  api: 'echo',
  inputTokens: 1,
  outputTokens: 2,
  calls,
};
const good: TaskSummary = { waitMs: 1, runMs: 2, turn, error: undefined, cause: undefined };
const refused: TaskSummary = {
  waitMs: 1,
  runMs: 2,
  turn: undefined,
  error: 'invalidRequest',
  cause: 'no JSON',
};

it.each<TaskPart>([
  { id, type: 'head' },
  { id, type: 'data', text: 'data: {}\n\n' },
  { id, type: 'end', summary: good },
  { id, type: 'end', summary: { ...good, turn: { ...turn, calls: [] } } },
  { id, type: 'answer', answer: { status: 200, retryAfter: undefined, body: '{}' }, summary: good },
  { id, type: 'answer', answer: { status: 429, retryAfter: '5', body: '{}' }, summary: refused },
])('a part comes back as it was sent: %j', (part) => {
  expect(decodePart(structuredClone(encodePart(part)))).toEqual(part);
});
