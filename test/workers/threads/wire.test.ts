import { expect, it } from 'vitest';
import { noUsage } from '../../../src/shared/usage.js';
import type { ModelCall, TaskId, TaskPart, TaskSummary } from '../../../src/workers/threads/protocol.js';
import { decodePart, encodePart } from '../../../src/workers/threads/wire.js';

const id = 7 as TaskId;
const asked = { provider: 'p', model: 'm', api: 'echo' };
const calls: readonly ModelCall[] = [
  {
    ...asked,
    ms: 3,
    firstByteMs: undefined,
    outcome: 'error',
    category: 'connection',
    usage: noUsage,
    cost: undefined,
  },
  {
    provider: 'q',
    model: 'n',
    api: 'anthropic-messages',
    ms: 12.5,
    firstByteMs: 9,
    outcome: 'ok',
    category: 'none',
    usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 },
    cost: { input: 0.1, output: 0.2, cacheRead: 0, cacheWrite: 0.4 },
  },
];
const turn = { agent: 'main', ...asked, lane: 'none', calls } as const;
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
  { id, type: 'failed', cause: 'no such file' },
  { id, type: 'end', summary: good },
  { id, type: 'end', summary: { ...good, turn: { ...turn, calls: [] } } },
  { id, type: 'answer', answer: { status: 200, retryAfter: undefined, body: '{}' }, summary: good },
  { id, type: 'answer', answer: { status: 429, retryAfter: '5', body: '{}' }, summary: refused },
])('a part comes back as it was sent: %j', (part) => {
  expect(decodePart(structuredClone(encodePart(part)))).toEqual(part);
});
