/** The payloads of a run's events, as far as they are put together by hand (runs-and-events.md §2, §3.1). */
import { expect, it } from 'vitest';
import { RunEvents, type Broadcast, type EventSubject } from '../../../src/primary/sessions/run-events.js';
import { encodeEvent, type EncodedEvent } from '../../../src/shared/protocol/events.js';
import type { SessionKey } from '../../../src/shared/store/records.js';

const subject: EventSubject = {
  runId: 'run "1"',
  sessionKey: 'agent:main:é' as SessionKey,
  agentId: 'main',
};
const frameOf = ({ head, tail }: EncodedEvent): string =>
  Buffer.concat([head, Buffer.from('1'), tail]).toString('utf8');

function recorder(): { readonly events: EncodedEvent[]; readonly broadcast: Broadcast } {
  const events: EncodedEvent[] = [];
  return {
    events,
    broadcast: (name, payload, details) => void events.push(encodeEvent(name, payload(), details)),
  };
}

it('a delta is told as agent event, then as chat event, with all of the text so far', () => {
  const { events, broadcast } = recorder();
  const run = new RunEvents(subject, broadcast);
  run.text('"Hel', 5);
  run.text('lo"\n€', 6);
  const { runId, sessionKey, agentId } = subject;
  const text = '"Hello"\n€';
  const agent = {
    type: 'event',
    event: 'agent',
    payload: {
      runId,
      seq: 2,
      stream: 'assistant',
      ts: 6,
      sessionKey,
      agentId,
      data: { text, delta: 'lo"\n€' },
    },
    seq: 1,
  };
  const chat = {
    type: 'event',
    event: 'chat',
    payload: {
      runId,
      sessionKey,
      agentId,
      seq: 2,
      state: 'delta',
      deltaText: 'lo"\n€',
      message: { role: 'assistant', content: [{ type: 'text', text }], timestamp: 6 },
    },
    seq: 1,
  };
  expect(events.slice(2).map(frameOf)).toEqual([JSON.stringify(agent), JSON.stringify(chat)]);
});

it('a chat delta may be skipped for a slow reader, nothing else of a run', () => {
  const { events, broadcast } = recorder();
  const run = new RunEvents(subject, broadcast);
  run.started(1);
  run.text('x', 2);
  run.outcome({ status: 'stopped', stopReason: 'rpc' }, { startedAt: 1, endedAt: 3 }, 'x');
  expect(events.map(({ name, droppable }) => `${name} ${droppable}`)).toEqual([
    'agent false',
    'agent false',
    'chat true',
    'agent false',
    'chat false',
  ]);
});

it('what nobody sees is not encoded, and whoever comes later still gets all of the text', () => {
  const { events, broadcast } = recorder();
  let watched = false;
  let asked = 0;
  const run = new RunEvents(subject, (name, payload, details) => {
    if (!watched) return;
    asked += 1;
    broadcast(name, payload, details);
  });
  run.started(1);
  run.text('one', 2);
  expect(asked).toBe(0);
  watched = true;
  run.text(' two', 3);
  const [agent] = events.map(frameOf).map((frame) => JSON.parse(frame) as { payload: object });
  expect(agent?.payload).toMatchObject({ seq: 3, data: { text: 'one two', delta: ' two' } });
});
