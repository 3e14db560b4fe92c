/** Records for tests of stores. */
import type { Change } from '../../../src/primary/store/store.js';
import type {
  RunRecord,
  SessionEntry,
  SessionKey,
  TranscriptEntry,
} from '../../../src/shared/store/records.js';

export const key = (rest: string): SessionKey => `agent:main:${rest}` as SessionKey;
export const entry = (
  sessionId: string,
  updatedAt: number,
  more: Partial<SessionEntry> = {},
): SessionEntry => ({
  sessionId,
  updatedAt,
  ...more,
});
export const session = (rest: string, value: SessionEntry | null): Change => ({
  type: 'session',
  key: key(rest),
  entry: value,
});
export const line = (id: string): TranscriptEntry => ({
  type: 'message',
  id,
  parentId: null,
  timestamp: '2026-01-01T00:00:00.000Z',
  message: { role: 'user', content: [{ type: 'text', text: `line ${id} ü 🙂` }] },
});
export const run = (runId: string, more: Partial<RunRecord> = {}): RunRecord => ({
  runId,
  method: 'agent',
  sessionKey: key('main'),
  sessionId: 's1',
  agentId: 'main',
  message: 'Hi',
  acceptedAt: 1,
  ...more,
});
export const ended = (runId: string, endedAt: number): RunRecord =>
  run(runId, { end: { endedAt, status: 'ok', payload: { runId, status: 'ok', summary: 'completed' } } });
