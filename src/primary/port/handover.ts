/**
 * Gives connections to workers. One connection's way:
 *
 *   waiting ──worker ready──▶ queued ──channel free──▶ offered ──taken──▶ gone (own end closed)
 *      │                        ▲  └──worker suspect──▶ waiting  └─worker died─▶ waiting
 *      └─ 3 s, too many, or degraded ─▶ refused with 503
 *
 * Node passes one handle at a time to a worker and holds every other message behind it, so each worker has a
 * queue here with one connection in flight. Our end of the socket stays open until the worker says `taken`.
 */
import type { Socket } from 'node:net';
import { apiErrorBody } from '../../shared/errors/api-error.js';
import { JSON_TYPE } from '../../shared/http/headers.js';
import { answerAndLinger } from '../../shared/http/raw-answer.js';
import { portLimits } from '../../shared/limits.js';

/** A worker as the handover sees it. */
export interface HandoverTarget {
  readonly slot: number;
  readonly connections: number;
  /** Counts at once, so that a burst does not land on one worker. */
  addConnection(): void;
  /** It did not get one that was counted. */
  returnConnection(): void;
  sendConnection(id: number, head: string, socket: Socket): void;
}

export interface HandoverOptions {
  /** Workers that may get connections now. */
  targets(): readonly HandoverTarget[];
  /** No worker will come soon: nobody should wait. */
  degraded(): boolean;
  count(outcome: 'taken' | 'refused' | 'returned'): void;
}

export interface Handover {
  give(socket: Socket, head: Buffer): void;
  taken(target: HandoverTarget, id: number): void;
  /** A worker became ready. */
  ready(): void;
  /** What was not sent yet goes elsewhere. */
  suspect(target: HandoverTarget): void;
  /** Also what was in flight goes elsewhere. */
  lost(target: HandoverTarget): void;
  /** Refuses from now on, also what waits. */
  close(): void;
  readonly waiting: number;
}

interface Connection {
  readonly id: number;
  readonly socket: Socket;
  readonly head: string;
  timer: NodeJS.Timeout | undefined;
}

interface Outbox {
  readonly queue: Connection[];
  inFlight: Connection | undefined;
}

export function createHandover(options: HandoverOptions): Handover {
  const waiting = new Set<Connection>();
  const outboxes = new Map<HandoverTarget, Outbox>();
  let lastId = 0;
  let closed = false;

  const outboxOf = (target: HandoverTarget): Outbox => {
    let outbox = outboxes.get(target);
    if (!outbox) outboxes.set(target, (outbox = { queue: [], inFlight: undefined }));
    return outbox;
  };
  const refuse = (connection: Connection): void => {
    waiting.delete(connection);
    clearTimeout(connection.timer);
    options.count('refused');
    answerAndLinger(connection.socket, {
      status: 503,
      type: JSON_TYPE,
      body: apiErrorBody('serviceUnavailable'),
      headers: ['Retry-After', '1'],
    });
  };
  const place = (connection: Connection): void => {
    if (closed) return refuse(connection);
    let best: HandoverTarget | undefined;
    for (const target of options.targets()) {
      if (!best || target.connections < best.connections) best = target;
    }
    if (best) {
      // Only waiting is timed; whoever comes back from a worker begins anew.
      clearTimeout(connection.timer);
      connection.timer = undefined;
      best.addConnection();
      outboxOf(best).queue.push(connection);
      pump(best);
    } else if (options.degraded() || waiting.size >= portLimits.waitingConnections) {
      refuse(connection);
    } else {
      waiting.add(connection);
      connection.timer ??= setTimeout(() => refuse(connection), portLimits.waitingMs);
    }
  };
  const pump = (target: HandoverTarget): void => {
    const outbox = outboxOf(target);
    if (outbox.inFlight) return;
    const next = outbox.queue.shift();
    if (!next) return;
    outbox.inFlight = next;
    target.sendConnection(next.id, next.head, next.socket);
  };
  const placeAgain = (connections: readonly Connection[]): void => {
    for (const connection of connections) {
      options.count('returned');
      place(connection);
    }
  };
  return {
    give(socket, head) {
      socket.on('error', () => socket.destroy());
      place({ id: (lastId += 1), socket, head: head.toString('latin1'), timer: undefined });
    },
    taken(target, id) {
      const outbox = outboxOf(target);
      if (outbox.inFlight?.id !== id) return;
      outbox.inFlight.socket.destroy();
      outbox.inFlight = undefined;
      options.count('taken');
      pump(target);
    },
    ready() {
      const connections = [...waiting];
      waiting.clear();
      for (const connection of connections) place(connection);
    },
    suspect(target) {
      const queued = outboxOf(target).queue.splice(0);
      for (let i = 0; i < queued.length; i += 1) target.returnConnection();
      placeAgain(queued);
    },
    lost(target) {
      const outbox = outboxOf(target);
      outboxes.delete(target);
      placeAgain([...(outbox.inFlight ? [outbox.inFlight] : []), ...outbox.queue]);
    },
    close() {
      closed = true;
      for (const connection of waiting) refuse(connection);
    },
    get waiting() {
      return waiting.size;
    },
  };
}
