/** What makes a server send to its subscribers: broadcasts on demand, answers of agents that stream, clients that come and go. */
import { randomUUID } from 'node:crypto';
import type { RawData } from 'ws';
import type { FanOutSource } from './load-protocol.js';
import { parseFrame, requestFrame } from './rpc-frames.js';
import { messageText, openSocket } from './rpc-socket.js';

export interface Source {
  /** One more broadcast; of what goes on by itself, the beginning. */
  next(): void;
  stop(): void;
}

type RunSource = Extract<FanOutSource, { readonly kind: 'runs' }>;
type Fail = (error: Error) => void;

/** Any word makes the baseline send. */
export async function createBaselineBroadcasts(port: number, fail: Fail): Promise<Source> {
  const socket = await openSocket(urlOf(port), null);
  socket.on('error', fail);
  return { next: () => socket.send('go'), stop: () => socket.terminate() };
}

/** Notes put into sessions: each is one `chat` event to everyone. A session takes one at a time, so there are several. */
export async function createBroadcasts(
  port: number,
  token: string,
  inFlight: number,
  fail: Fail,
): Promise<Source> {
  const socket = await openSocket(urlOf(port), token);
  const keys = Array.from({ length: inFlight }, () => `load-${randomUUID()}`);
  let answered = 0;
  const ready = new Promise<void>((resolve) => {
    const hear = answers(fail, () => {
      answered += 1;
      if (answered === keys.length) resolve();
    });
    socket.on('message', hear);
  });
  socket.on('error', fail);
  for (const key of keys) socket.send(requestFrame(key, 'sessions.create', { key }));
  await ready;
  let asked = 0;
  return {
    next() {
      const sessionKey = keys[asked % keys.length];
      asked += 1;
      socket.send(requestFrame(String(asked), 'chat.inject', { sessionKey, message: note }));
    },
    stop: () => socket.terminate(),
  };
}

/** Signs of life of a node: each is one `presence` event to everyone, and nothing is stored. */
export async function createLists(port: number, token: string, fail: Fail): Promise<Source> {
  const socket = await openSocket(urlOf(port), token);
  socket.on(
    'message',
    answers(fail, () => {}),
  );
  socket.on('error', fail);
  let asked = 0;
  return {
    next() {
      asked += 1;
      const beacon = { text: 'Node: store room', instanceId: 'load', reason: 'periodic' };
      socket.send(requestFrame(String(asked), 'system-event', beacon));
    },
    stop: () => socket.terminate(),
  };
}

/** Sessions that only this load process has. */
function sessionsOf({ count }: RunSource): readonly string[] {
  return Array.from({ length: count }, (_, place) => `load-${process.pid}-${place}`);
}

/** What a subscriber asks for first that wants to see everything of these runs. */
export function watching(source: FanOutSource): readonly string[] {
  if (source.kind !== 'runs' || !source.watched) return [];
  return [
    requestFrame('sessions', 'sessions.subscribe', {}),
    ...sessionsOf(source).map((key) => requestFrame(key, 'sessions.messages.subscribe', { key })),
  ];
}

/** Answers that stream, each in a session of its own; when one ends, the next of its session begins. */
export async function createRuns(
  port: number,
  token: string,
  source: RunSource,
  fail: Fail,
): Promise<Source> {
  const socket = await openSocket(urlOf(port), token);
  const sessionOf = new Map<string, string>();
  const ask = (sessionKey: string): void => {
    const id = randomUUID();
    sessionOf.set(id, sessionKey);
    const { model } = source;
    const params = { message: 'Tell me.', sessionKey, model, provider: 'mock', idempotencyKey: id };
    socket.send(requestFrame(id, 'agent', params));
  };
  socket.on(
    'message',
    answers(fail, (status, id) => {
      const sessionKey = sessionOf.get(id);
      if (status === 'accepted' || sessionKey === undefined) return;
      sessionOf.delete(id);
      ask(sessionKey);
    }),
  );
  socket.on('error', fail);
  return {
    next: () => sessionsOf(source).forEach(ask),
    stop: () => socket.terminate(),
  };
}

/** Clients that come and go, one after the other in each of so many places. */
export function createVisitors(port: number, token: string, count: number, fail: Fail): Source {
  const stopped = new AbortController();
  const visit = async (): Promise<void> => {
    while (!stopped.signal.aborted) (await openSocket(urlOf(port), token, 'ui')).terminate();
  };
  return {
    next() {
      for (let place = 0; place < count; place += 1) visit().catch(fail);
    },
    stop: () => stopped.abort(),
  };
}

/** Looks at answers only: events come in thousands, and parsing them would make this process the limit. */
function answers(fail: Fail, answered: (status: unknown, id: string) => void) {
  return (data: RawData): void => {
    if (!(data as Buffer).subarray(0, answerPrefix.length).equals(answerPrefix)) return;
    const { ok, id = '', error, payload } = parseFrame(messageText(data));
    if (ok === false) {
      fail(new Error(error?.message));
      return;
    }
    answered(payload?.status, id);
  };
}

const answerPrefix = Buffer.from('{"type":"res"');
const note = 'The cold goods have to be in the store room on the second floor within thirty minutes. '.repeat(
  4,
);

function urlOf(port: number): string {
  return `ws://127.0.0.1:${port}/`;
}
