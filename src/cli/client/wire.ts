/**
 * One WebSocket to a gateway: requests out, responses matched by id. A socket that closes fails every
 * request that is still open, so no wait outlives it; and every wait has a deadline.
 */
import { WebSocket } from 'ws';
import { deferred, type Deferred } from '../../shared/deferred.js';
import { controlLimits } from '../../shared/limits.js';
import { isRecord, type Facts } from '../record.js';
import { parseServerFrame, readChallenge, type Challenge, type ServerFrame } from './frames.js';
import { closedError, GatewayError, type CloseFrame } from './errors.js';
import type { Deadline } from './deadline.js';
import { distrust, type TlsTrust } from './tls-trust.js';

/**
 * Whether an answer that only says `accepted` is not the one that is waited for (protocol.md §2.2); who gives a
 * function is told what it says.
 */
export type Final = boolean | ((accepted: Facts) => void);

export interface Wire {
  /**
   * Resolves when the gateway has sent its challenge: it is one, and it is ready for `connect`. Undefined when the
   * challenge is none that can be signed.
   */
  greeting(deadline: Deadline): Promise<Challenge | undefined>;
  /** Sends a request and waits for its answer. @throws GatewayError */
  call(method: string, params: object, deadline: Deadline, final?: Final): Promise<unknown>;
  /** From now on a gateway that says nothing for so long counts as gone (protocol.md §14.3). */
  expectSigns(silenceMs: number): void;
  /** The close frame, if it comes in time. */
  closed(waitMs: number): Promise<CloseFrame | undefined>;
  close(): void;
}

interface Pending extends Deferred<unknown> {
  readonly final: Final;
}

export function openWire(url: string, trust: TlsTrust | undefined): Wire {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: controlLimits.maxBufferedBytes,
    // Checked below instead, before anything that matters is sent.
    ...(trust && { rejectUnauthorized: false }),
  });
  const pending = new Map<string, Pending>();
  const greeted = deferred<Challenge | undefined>();
  const ended = deferred<CloseFrame>();
  let challenged = false;
  let opened = false;
  let failure: GatewayError | undefined;
  let lastId = 0;
  let silence: NodeJS.Timeout | undefined;

  const fail = (error: GatewayError): void => {
    failure ??= error;
    clearTimeout(silence);
    greeted.reject(failure);
    for (const waiting of pending.values()) waiting.reject(failure);
    pending.clear();
  };
  const receive = (frame: ServerFrame | undefined): void => {
    if (frame?.type === 'event' && frame.event === 'connect.challenge') {
      challenged = true;
      greeted.resolve(readChallenge(frame.payload));
    }
    if (frame?.type !== 'res') return;
    const waiting = pending.get(frame.id);
    if (!waiting) return;
    if (frame.ok && waiting.final !== false && isAccepted(frame.payload)) {
      if (waiting.final !== true) waiting.final(frame.payload);
      return;
    }
    pending.delete(frame.id);
    if (frame.ok) waiting.resolve(frame.payload);
    else
      waiting.reject(new GatewayError('response', frame.error.message, challenged, { server: frame.error }));
  };

  greeted.promise.catch(() => {}); // a wire may be closed before anyone waits for the greeting
  if (trust && url.startsWith('wss:')) {
    socket.on('upgrade', (response) => {
      const reason = distrust(response.socket, trust);
      if (reason === undefined) return;
      fail(new GatewayError('unreachable', `gateway not trusted: ${reason}`, false));
      socket.terminate();
    });
  }
  socket.on('open', () => (opened = true));
  socket.on('message', (data) => {
    silence?.refresh();
    receive(parseServerFrame(textOf(data)));
  });
  socket.on('error', (error) => {
    // Once open, a `close` follows and says more.
    if (!opened) fail(new GatewayError('unreachable', `gateway not reachable: ${describe(error)}`, false));
  });
  socket.on('close', (code, reason) => {
    const close = { code, reason: reason.toString() };
    ended.resolve(close);
    fail(closedError(close, challenged));
  });

  const within = async <T>(promise: Promise<T>, deadline: Deadline): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const message = `gateway timeout after ${deadline.timeoutMs}ms`;
      timer = setTimeout(
        () => reject(new GatewayError('timeout', message, challenged)),
        deadline.remainingMs(),
      );
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    greeting: (deadline) => within(greeted.promise, deadline),
    async call(method, params, deadline, final = false) {
      if (failure) throw failure;
      const id = String((lastId += 1));
      const waiting: Pending = { ...deferred<unknown>(), final };
      pending.set(id, waiting);
      socket.send(JSON.stringify({ type: 'req', id, method, params }));
      try {
        return await within(waiting.promise, deadline);
      } finally {
        pending.delete(id);
      }
    },
    async closed(waitMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<undefined>(
        (resolve) => (timer = setTimeout(() => resolve(undefined), waitMs)),
      );
      const close = await Promise.race([ended.promise, late]);
      clearTimeout(timer);
      return close;
    },
    expectSigns(silenceMs) {
      silence = setTimeout(() => {
        fail(closedError({ code: 4000, reason: 'tick timeout' }, challenged));
        socket.close(4000, 'tick timeout');
      }, silenceMs);
    },
    close() {
      clearTimeout(silence);
      if (socket.readyState === WebSocket.OPEN) socket.close(1000);
      else socket.terminate();
    },
  };
}

function isAccepted(payload: unknown): payload is Facts {
  return isRecord(payload) && payload.status === 'accepted';
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

/** What `ws` and the sockets below it say, in words of this program. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((part: Error) => part.message).join(', ');
  const status = error.message.match(/^Unexpected server response: (\d+)$/)?.[1];
  return status === undefined ? error.message : `the server answered HTTP ${status} instead of a WebSocket`;
}
