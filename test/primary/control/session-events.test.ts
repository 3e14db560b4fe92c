/** When `sessions.changed` leaves (methods.md §4.2). */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Connection } from '../../../src/primary/control/connection.js';
import { createSessionEvents, type SessionEvents } from '../../../src/primary/control/session-events.js';
import type { RowSources } from '../../../src/primary/sessions/session-row.js';
import type { SessionEntry, SessionKey } from '../../../src/shared/store/records.js';

const key = 'agent:main:a' as SessionKey;
const listener = {} as Connection;
let sent: Record<string, unknown>[];
let reads: number;
let events: SessionEvents;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  sent = [];
  reads = 0;
  const sources = {
    sessions: {
      scheme: { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' },
      async get(): Promise<SessionEntry> {
        reads += 1;
        return { sessionId: 's', updatedAt: 1 };
      },
    },
    runs: { liveOf: () => [] },
    routes: () => ({ agents: {}, defaultAgentId: 'main' }),
  } as unknown as RowSources;
  events = createSessionEvents({
    ...sources,
    send: (connections, _name, payload) => {
      expect([...connections]).toEqual([listener]);
      sent.push(JSON.parse(payload) as Record<string, unknown>);
    },
    failed: (error) => expect.fail(error.message),
  });
  events.subscribe(listener);
});
afterEach(() => {
  events.stop();
  vi.useRealTimers();
});

it('changes that come close together leave as one, 100 ms after the last', async () => {
  events.changed(key, { reason: 'create' });
  await vi.advanceTimersByTimeAsync(99);
  events.changed(key, { reason: 'patch' });
  await vi.advanceTimersByTimeAsync(99);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toMatchObject([{ sessionKey: key, reason: 'patch', sessionId: 's' }]);
  expect(reads).toBe(1);
});

it('a session that keeps changing is told of every 500 ms', async () => {
  for (let at = 0; at < 1_000; at += 50) {
    events.changed(key, { phase: 'start', runId: String(at) });
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(sent.map(({ runId }) => runId)).toEqual(['450', '950']);
});

it('sessions do not wait for each other', async () => {
  events.changed(key, { reason: 'patch' });
  await vi.advanceTimersByTimeAsync(60);
  events.changed('agent:main:b' as SessionKey, { reason: 'patch' });
  await vi.advanceTimersByTimeAsync(60);
  expect(sent.map(({ sessionKey }) => sessionKey)).toEqual([key]);
});

it('nothing is read while nobody listens, nor after the last one has gone', async () => {
  events.changed(key, { reason: 'patch' });
  events.closed(listener);
  events.changed(key, { reason: 'patch' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect([sent, reads]).toEqual([[], 0]);
});

it('one connection listens to the messages of so many sessions, and is forgotten when it closes', () => {
  const subscribe = (n: number): boolean =>
    events.subscribeMessages(listener, `agent:main:${n}` as SessionKey);
  for (let n = 0; n < 1_000; n += 1) expect(subscribe(n)).toBe(true);
  expect([subscribe(1_000), subscribe(7)]).toEqual([false, true]);
  events.unsubscribeMessages(listener, 'agent:main:7' as SessionKey);
  expect(subscribe(1_000)).toBe(true);
  events.closed(listener);
  expect([0, 1_000].map((n) => events.hears(`agent:main:${n}` as SessionKey))).toEqual([false, false]);
});
