/**
 * A connection over which wrong messages go: it counts the answers that each id is owed and gets, looks at every frame,
 * and comes back when the gateway was right to close it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { rpcErrors } from '../../../src/shared/errors/catalogue.js';
import type { Close, ControlClient, Frame } from '../control-client.js';
import { waitFor } from '../wait-for.js';
import { answerId, send, shown, valueOf, type Message } from './messages.js';

export interface LaneOptions {
  connect(): Promise<ControlClient>;
  /** Whether this is an end that the protocol has for what goes on here. */
  mayClose(close: Close): boolean;
  /** Methods that may keep a caller waiting for as long as it says. */
  readonly mayWait: ReadonlySet<string>;
}

export interface Lane {
  /** Runs that were accepted. */
  readonly accepted: ReadonlySet<string>;
  /** Sends these, and resolves when each has an answer or the connection was closed with reason. @throws Error */
  exchange(batch: readonly Message[]): Promise<void>;
  /** Resolves when what was accepted has its end, too. @throws Error */
  settle(): Promise<void>;
  close(): Promise<void>;
}

interface Owed {
  readonly messages: Message[];
  got: number;
  least: number;
  /** Ends of what was accepted. */
  later: number;
  most: number;
}

export function createLane(name: string, options: LaneOptions): Lane {
  const accepted = new Set<string>();
  let socket: WebSocket | undefined;
  let owed = new Map<string, Owed>();
  let wrong: string | undefined;
  let ended: Close | undefined;
  let seq = 0;

  const complain = (what: string, about: readonly Message[] = []): void =>
    void (wrong ??= [`${name}: ${what}`, ...about.map(shown)].join('\n'));
  const listen = (client: ControlClient): WebSocket => {
    [ended, owed, seq] = [undefined, new Map(), 0];
    for (const frame of client.frames) look(frame, false);
    client.socket.removeAllListeners('message');
    client.socket.on('message', (data: Buffer) => look(JSON.parse(data.toString('utf8')) as Frame, true));
    void client.closed.then((close) => (ended = close));
    return client.socket;
  };
  const look = (frame: Frame, counts: boolean): void => {
    if (frame.type === 'event') {
      if (frame.seq === undefined) return;
      if (frame.seq !== seq + 1) complain(`event ${frame.seq} after ${seq}`);
      seq = frame.seq;
    } else if (counts) answer(frame);
  };
  const answer = (frame: Frame): void => {
    const one = owed.get(frame.id ?? '');
    const text = JSON.stringify(frame).slice(0, 600);
    const problem = problemOf(frame);
    if (problem) complain(`${problem}: ${text}`, one?.messages);
    if (!one) return complain(`an answer to nobody: ${text}`);
    one.got += 1;
    if (frame.payload?.status === 'accepted') {
      one.most += 1;
      // What is no run waits for somebody.
      if (typeof frame.payload.runId === 'string') {
        one.later += 1;
        accepted.add(frame.payload.runId);
      }
    }
    if (one.got > one.most) complain(`an answer too many: ${text}`, one.messages);
  };
  const note = (message: Message): void => {
    const id = answerId(message.bytes);
    const one = owed.get(id) ?? { messages: [], got: 0, least: 0, later: 0, most: 0 };
    owed.set(id, one);
    const { method } = (valueOf(message.bytes) ?? {}) as { readonly method?: unknown };
    one.messages.push(message);
    one.least += typeof method === 'string' && options.mayWait.has(method) ? 0 : 1;
    one.most += 1;
  };

  const arrived = async (enough: (one: Owed) => boolean): Promise<void> => {
    const missing = (): Owed | undefined => [...owed.values()].find((one) => !enough(one));
    try {
      await waitFor('all answers', () => ended ?? wrong ?? !missing(), 60_000);
    } catch {
      complain('no answer to one of', missing()?.messages);
    }
  };
  const fail = (): void => {
    if (wrong !== undefined) throw new Error(wrong);
  };

  return {
    accepted,
    async exchange(batch) {
      await heard();
      if (!socket || ended) socket = listen(await options.connect());
      for (const message of batch) {
        note(message);
        send(socket, message);
      }
      await arrived(({ got, least }) => got >= least);
      if (ended && !options.mayClose(ended)) complain(`closed: ${JSON.stringify(ended)}`, batch);
      fail();
    },
    async settle() {
      await arrived(({ got, least, later }) => got >= least + later);
      fail();
    },
    async close() {
      socket?.terminate();
      await waitFor('the end of the lane', () => !socket || ended);
    },
  };
}

/**
 * What came while the batch was made. A gateway cuts who does not answer its close within a second, and who then writes
 * before it reads never learns why.
 */
async function heard(): Promise<void> {
  await nextTurn(); // may still be of the turn in which nothing was read
  await nextTurn();
}

function problemOf({ type, ok, id, error }: Frame): string | undefined {
  if (type !== 'res' || typeof ok !== 'boolean' || typeof id !== 'string') return 'not an answer';
  if (ok) return error === undefined ? undefined : 'an error that is none';
  if (!error || !Object.hasOwn(rpcErrors, error.code) || error.message === '')
    return 'not an error of the catalogue';
  return undefined;
}
