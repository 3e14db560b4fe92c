/** `fetch` for servers at an address: bounded in time, in what one message holds, and in how fast they come. */
import { Agent, fetch as send, type RequestInit as SendInit } from 'undici';
import { setTimeout as delay } from 'node:timers/promises';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { mcpLimits } from '../../../shared/tools/limits.js';
import { endings, type Ending } from './ending.js';
import { createIntake, type Intake } from './intake.js';

export interface GuardedFetch {
  readonly fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/** @param broken hears of what makes the connection useless */
export function createGuardedFetch(timeoutMs: number, broken: (ending: Ending) => void): GuardedFetch {
  const agent = new Agent({
    connect: { timeout: upstreamLimits.connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const intake = createIntake();
  const guarded: typeof globalThis.fetch = async (input, init = {}) => {
    const posts = init.method === 'POST';
    const giving = new AbortController();
    const giveUp = (): void => giving.abort();
    init.signal?.addEventListener('abort', giveUp, { once: true });
    // Nobody waits for the answer after that: the call has ended by itself.
    const timer = posts ? setTimeout(giveUp, timeoutMs + mcpLimits.pingMs) : undefined;
    const done = (): void => {
      clearTimeout(timer);
      init.signal?.removeEventListener('abort', giveUp);
    };
    let answer: Response;
    try {
      answer = await send(input as string | URL, {
        ...(init as unknown as SendInit),
        signal: giving.signal,
        dispatcher: agent,
      });
    } catch (caught) {
      done();
      throw caught;
    }
    if (!answer.body) {
      done();
      return answer;
    }
    const lost = (): void => {
      if (posts && !giving.signal.aborted) broken(endings.lost);
    };
    const { status, statusText, headers } = answer;
    const isStream = /^text\/event-stream/i.test(headers.get('content-type') ?? '');
    const body = guardedBody(answer.body, { intake, isStream, broken, lost, done });
    return new Response(body, { status, statusText, headers });
  };
  return { fetch: guarded, close: () => agent.destroy() };
}

interface BodyGuard {
  readonly intake: Intake;
  readonly isStream: boolean;
  broken(ending: Ending): void;
  /** It broke off, and cannot be taken up again. */
  lost(): void;
  /** Nothing more is read of it. */
  done(): void;
}

function guardedBody(body: ReadableStream<Uint8Array>, guard: BodyGuard): ReadableStream<Uint8Array> {
  const { intake, isStream, broken, lost, done: ended } = guard;
  const reader = body.getReader();
  let bytes = 0;
  let resumable = false;
  const fail = (ending: Ending): never => {
    ended();
    broken(ending);
    throw new Error(ending.message);
  };
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((caught: unknown) => {
        ended();
        if (isStream && !resumable) lost();
        throw caught;
      });
      if (done) {
        ended();
        controller.close();
        return;
      }
      const events = isStream ? eventsIn(value) : undefined;
      resumable ||= events?.named ?? false;
      bytes = events?.last === undefined ? bytes + value.length : events.last;
      if (bytes > mcpLimits.messageBytes) fail(endings.tooLong);
      const waitMs = intake.take(events?.count ?? 0, value.length);
      if (intake.flooded) fail(endings.flood);
      if (waitMs > 0) await delay(waitMs);
      controller.enqueue(value);
    },
    cancel(reason) {
      ended();
      return reader.cancel(reason);
    },
  });
}

/** What a piece of an event stream holds: ends of events, an id among them, and the bytes after the last end. */
function eventsIn(piece: Uint8Array): { count: number; named: boolean; last: number | undefined } {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
  const ends = [...text.matchAll(/\r\n\r\n|\n\n|\r\r/g)];
  const end = ends.at(-1);
  return {
    count: ends.length,
    named: /(?:^|[\r\n])id:/.test(text),
    last: end && text.length - end.index - end[0].length,
  };
}
