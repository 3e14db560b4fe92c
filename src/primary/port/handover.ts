/**
 * Gives connections to workers. One connection's way:
 *
 *   waiting ──worker ready──▶ queued ──channel free──▶ offered ──taken──▶ gone (own end closed)
 *      │                        ▲  └──worker suspect──▶ waiting  └─ declined, expired or worker died ─▶ waiting
 *      └─ 3 s old, too many, or degraded ─▶ refused with 503
 *
 * One that can be served without a worker (TLS, whose refusal the primary would have to encrypt) never waits for one.
 *
 * Node passes one handle at a time to a worker and holds every other message behind it, so each worker has a
 * queue here with one connection in flight. Our end of the socket stays open until the worker says `taken`.
 *
 * An offer expires: a worker that reads it later declines it. So when no word has come for a little longer than that,
 * nobody has read a byte of the connection and it can go elsewhere; the worker gets no other until it has answered.
 */
import type { Socket } from 'node:net';
import { apiErrorBody } from '../../shared/errors/api-error.js';
import { JSON_TYPE } from '../../shared/http/headers.js';
import { answerAndLinger } from '../../shared/http/raw-answer.js';
import { createDeadlines, type WatchId } from '../../shared/deadlines.js';
import { portLimits } from '../../shared/limits.js';
import { monotonicMs } from '../../shared/monotonic.js';

/** A worker as the handover sees it. */
export interface HandoverTarget {
  readonly slot: number;
  readonly connections: number;
  /** Counts at once, so that a burst does not land on one worker. */
  addConnection(): void;
  /** It did not get one that was counted. */
  returnConnection(): void;
  sendConnection(offer: Offer, socket: Socket): void;
}

export interface Offer {
  readonly id: number;
  /** What was read of the connection, as latin1. */
  readonly head: string;
  /** Clock of `monotonicMs`. */
  readonly expiresAt: number;
}

export interface HandoverOptions {
  /** Workers that may get connections now. */
  targets(): readonly HandoverTarget[];
  /** No worker will come soon: nobody should wait. */
  degraded(): boolean;
  count(outcome: 'taken' | 'refused' | 'returned'): void;
}

/** Serves a connection that no worker gets. */
export type ServeAlone = (socket: Socket, head: Buffer) => void;

export interface Handover {
  give(socket: Socket, head: Buffer, alone?: ServeAlone): void;
  taken(target: HandoverTarget, id: number): void;
  /** The worker read the offer too late, and left the connection as it was. */
  declined(target: HandoverTarget, id: number): void;
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
  readonly alone: ServeAlone | undefined;
  /** Clock of `performance.now()`. */
  readonly since: number;
  timer: NodeJS.Timeout | undefined;
}

interface Flight {
  readonly connection: Connection;
  readonly watch: WatchId;
}

interface Outbox {
  readonly queue: Connection[];
  flight: Flight | undefined;
  /** The offer that expired and went elsewhere, as long as the worker has not said a word about it. */
  unanswered: number | undefined;
}

export function createHandover(options: HandoverOptions): Handover {
  const waiting = new Set<Connection>();
  const outboxes = new Map<HandoverTarget, Outbox>();
  const deadlines = createDeadlines(portLimits.offerSweepMs);
  let lastId = 0;
  let closed = false;

  const outboxOf = (target: HandoverTarget): Outbox => {
    let outbox = outboxes.get(target);
    if (!outbox) outboxes.set(target, (outbox = { queue: [], flight: undefined, unanswered: undefined }));
    return outbox;
  };
  const refuse = (connection: Connection): void => {
    waiting.delete(connection);
    clearTimeout(connection.timer);
    const { socket, head, alone } = connection;
    if (alone) return alone(socket, Buffer.from(head, 'latin1'));
    options.count('refused');
    answerAndLinger(socket, {
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
      if (outboxOf(target).unanswered !== undefined) continue;
      if (!best || target.connections < best.connections) best = target;
    }
    if (best) {
      // Who stands in a queue is on the way; should it come back, its age counts from the beginning.
      clearTimeout(connection.timer);
      connection.timer = undefined;
      best.addConnection();
      outboxOf(best).queue.push(connection);
      pump(best);
    } else if (connection.alone || options.degraded() || waiting.size >= portLimits.waitingConnections) {
      refuse(connection);
    } else {
      waiting.add(connection);
      const leftMs = connection.since + portLimits.waitingMs - performance.now();
      connection.timer ??= setTimeout(() => refuse(connection), leftMs);
    }
  };
  const pump = (target: HandoverTarget): void => {
    const outbox = outboxOf(target);
    if (outbox.flight) return;
    const connection = outbox.queue.shift();
    if (!connection) return;
    const watch = deadlines.watch({
      dueAt: performance.now() + portLimits.offerMs + portLimits.offerGraceMs,
      // Should we have been late ourselves, what the worker has said meanwhile is read before the end of this turn.
      expired: () => void setImmediate(() => expire(target, outbox, connection)),
    });
    outbox.flight = { connection, watch };
    const { id, head, socket } = connection;
    target.sendConnection({ id, head, expiresAt: monotonicMs() + portLimits.offerMs }, socket);
  };
  const expire = (target: HandoverTarget, outbox: Outbox, connection: Connection): void => {
    if (outbox.flight?.connection !== connection) return;
    outbox.flight = undefined;
    outbox.unanswered = connection.id;
    takeBack(target, [connection, ...outbox.queue.splice(0)]);
  };
  /** The worker's word about an offer: gives what it was about, unless that has gone elsewhere meanwhile. */
  const answered = (outbox: Outbox, id: number): Connection | undefined => {
    const { flight } = outbox;
    if (flight?.connection.id === id) {
      deadlines.forget(flight.watch);
      outbox.flight = undefined;
      return flight.connection;
    }
    if (outbox.unanswered === id) {
      outbox.unanswered = undefined;
      placeWaiting();
    }
    return undefined;
  };
  /** What a living worker will not get goes elsewhere. */
  const takeBack = (target: HandoverTarget, connections: readonly Connection[]): void => {
    for (let i = 0; i < connections.length; i += 1) target.returnConnection();
    placeAgain(connections);
  };
  const placeWaiting = (): void => {
    const connections = [...waiting];
    waiting.clear();
    for (const connection of connections) place(connection);
  };
  const placeAgain = (connections: readonly Connection[]): void => {
    for (const connection of connections) {
      options.count('returned');
      place(connection);
    }
  };
  return {
    give(socket, head, alone) {
      socket.on('error', () => socket.destroy());
      const since = performance.now();
      place({ id: (lastId += 1), socket, head: head.toString('latin1'), alone, since, timer: undefined });
    },
    taken(target, id) {
      const connection = answered(outboxOf(target), id);
      if (!connection) return;
      connection.socket.destroy();
      options.count('taken');
      pump(target);
    },
    declined(target, id) {
      const connection = answered(outboxOf(target), id);
      if (!connection) return;
      takeBack(target, [connection]);
      pump(target);
    },
    ready: placeWaiting,
    suspect: (target) => takeBack(target, outboxOf(target).queue.splice(0)),
    lost(target) {
      const outbox = outboxOf(target);
      outboxes.delete(target);
      const inFlight = outbox.flight && answered(outbox, outbox.flight.connection.id);
      placeAgain([...(inFlight ? [inFlight] : []), ...outbox.queue]);
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
