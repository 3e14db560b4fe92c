/**
 * The WebSocket control plane: takes upgrades, runs the handshake, hands requests to methods, broadcasts
 * events. Owns every connection from its upgrade to its close.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData } from 'ws';
import { answerAndLinger } from '../../shared/http/raw-answer.js';
import { TEXT_TYPE } from '../../shared/http/headers.js';
import { controlLimits } from '../../shared/limits.js';
import { limitRepeats } from '../../shared/log/repeat-limit.js';
import { closeCodes, type CloseCode } from '../../shared/protocol/constants.js';
import {
  encodeChallenge,
  encodeEvent,
  type EncodedEvent,
  type EventDetails,
  type EventName,
} from '../../shared/protocol/events.js';
import { encodeErrorResponse, encodeResponse } from '../../shared/protocol/frames.js';
import { errorCode, toError } from '../../shared/to-error.js';
import type { Peer } from '../port/peer.js';
import type { Broadcast } from '../sessions/run-events.js';
import { Connection, type ConnectionObserver, type Remote, type Session } from './connection.js';
import { dispatch, type DispatchOptions } from './dispatch.js';
import { GatewaySocket, PREAUTH_TOO_LARGE } from './gateway-socket.js';
import {
  decideHandshake,
  type HandshakeContext,
  type HandshakeOutcome,
  type Refusal,
  type RefusalKind,
} from './handshake.js';
import { Inbox, type InboxOptions } from './inbox.js';
import type { LargeFrames } from './large-frames.js';
import { createOutbox } from './outbox.js';
import type { RemoteOf } from './remote.js';
import { createScopeSets } from './scope-sets.js';
import { createStrangers } from './strangers.js';
import { createTurnTime } from './turn-time.js';

const TOO_MANY_FRAMES = 'too many pending handshake frames';

export interface ControlPlaneOptions extends DispatchOptions {
  readonly handshake: HandshakeContext;
  readonly remoteOf: RemoteOf;
  readonly handshakeTimeoutMs: number;
  readonly preAuthPerIp: number;
  readonly observer: ControlObserver;
  readonly largeFrames: LargeFrames;
  /** The payload of `hello-ok`, made in the same tick in which the connection starts to get events. */
  hello(connection: Connection, session: Session): string;
}

/** What others want to know. */
export interface ControlObserver {
  frame(direction: 'in' | 'out'): void;
  eventDropped(event: EventName): void;
  refused(kind: RefusalKind): void;
  opened(connection: Connection): void;
  alive(connection: Connection): void;
  closed(connection: Connection): void;
}

export interface ControlPlane {
  /** Takes an upgrade request over. */
  upgrade(request: IncomingMessage, socket: Duplex, rest: Buffer, peer: Peer): void;
  /** Sends to everyone who may see it; encoded once, and not at all when there is nobody. */
  readonly broadcast: Broadcast;
  /** As `broadcast`, with a payload that depends on who sees it. */
  broadcastTo(name: EventName, encode: (connection: Connection) => EncodedEvent): void;
  /** As `broadcast`, to some only. */
  sendTo(connections: Iterable<Connection>, name: EventName, payload: string, details?: EventDetails): void;
  /** Closes what is open and chosen. */
  closeWhere(chosen: (session: Session) => boolean, code: CloseCode, reason: string): void;
  /** Open sockets by role, those still in the handshake as `connecting`. */
  counts(): ReadonlyMap<string, number>;
  bufferedBytes(): number;
  /** Tells everyone, then closes everything with 1012; resolves when the last socket is gone. */
  shutdown(payload: { readonly reason: string; readonly restartExpectedMs?: number }): Promise<void>;
}

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { log, observer } = options;
  const open = new Set<Connection>();
  /** By what they may see: connections with the same rights share one set of names. */
  const audiences = new Map<ReadonlySet<EventName>, Set<Connection>>();
  const outbox = createOutbox();
  const pending = createStrangers();
  const shareScopes = createScopeSets();
  const inboxes: InboxOptions<Connection> = {
    largeFrames: options.largeFrames,
    turnTime: createTurnTime(controlLimits.turnMs),
    handle(request, connection) {
      if (!connection.closing) dispatch(request, connection, options);
    },
  };
  const everyone = new Set<Connection>();
  let emptied: (() => void) | undefined;
  let closedToUpgrades = false;
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: GatewaySocket,
    maxPayload: controlLimits.preAuthPayloadBytes,
    perMessageDeflate: false,
    clientTracking: false,
    skipUTF8Validation: true,
  });
  server.on('wsClientError', (error, socket, { method }) =>
    answerAndLinger(socket, {
      status: method === 'GET' ? 400 : 405,
      type: TEXT_TYPE,
      body: error.message,
      headers: method === 'GET' ? ['Sec-WebSocket-Version', '13, 8'] : ['Allow', 'GET'],
    }),
  );
  const refusals = limitRepeats<RefusalKind>((kind, more) =>
    log.warn('ws.refused', `gateway connect failed: ${more} more of kind ${kind}`, { kind, more }),
  );
  const watch: ConnectionObserver = {
    frameSent: () => observer.frame('out'),
    eventDropped: (event) => observer.eventDropped(event),
    slowConsumer: (connection) =>
      log.warn('ws.slow', 'slow consumer: connection closed, it does not keep up', {
        conn: connection.id,
        remote: connection.remote.address,
      }),
  };

  const accept = (socket: GatewaySocket, remote: Remote): void => {
    const connection = new Connection(socket, remote, watch, outbox);
    /** Frames that came while the first one is being decided on; undefined before and after. */
    let early: Buffer[] | undefined;
    everyone.add(connection);
    pending.add(connection);
    let deadline: NodeJS.Timeout | undefined = setTimeout(() => {
      reportRefused(connection, 'timeout', 'handshake timeout');
      connection.close(closeCodes.normal, '');
    }, options.handshakeTimeoutMs);
    const inbox = new Inbox(inboxes, connection);
    socket.on('message', (data) => {
      observer.frame('in');
      if (connection.closing) return;
      const message = bytesOf(data);
      if (connection.session) return inbox.take(message);
      if (early) {
        if (early.push(message) > controlLimits.handshakeFrames) {
          reportRefused(connection, 'too_many_frames', TOO_MANY_FRAMES);
          connection.close(closeCodes.policy, TOO_MANY_FRAMES);
        }
        return;
      }
      early = [];
      clearTimeout(deadline);
      deadline = undefined;
      void decideHandshake(message, connection, options.handshake)
        .catch((caught: unknown) => undecided(connection, toError(caught)))
        .then((outcome) => {
          pending.delete(connection);
          if (!outcome || connection.closing || !everyone.has(connection)) return;
          settle(connection, socket, outcome);
          for (const frame of early ?? []) inbox.take(frame);
          early = undefined;
        });
    });
    const alive = (): void => observer.alive(connection);
    socket.on('ping', alive);
    socket.on('pong', alive);
    // A message that cannot be read: the library has sent its close frame, the grace after it is ours.
    socket.on('error', (error) => {
      log.debug('ws.error', error.message, { conn: connection.id });
      if (pending.has(connection) && !connection.closing)
        reportRefused(connection, 'unreadable', unreadable(error));
      connection.close(closeCodes.tooLarge, '');
    });
    // It comes once; but `once` would keep more for it.
    socket.on('close', () => {
      clearTimeout(deadline);
      inbox.close();
      outbox.close(connection);
      pending.delete(connection);
      everyone.delete(connection);
      if (open.delete(connection)) {
        for (const audience of audiences.values()) audience.delete(connection);
        observer.closed(connection);
      }
      if (everyone.size === 0) emptied?.();
    });
    connection.send(encodeChallenge(connection.nonce, Date.now()));
  };

  const settle = (connection: Connection, socket: GatewaySocket, outcome: HandshakeOutcome): void => {
    if (!outcome.ok) {
      refuse(connection, outcome.refusal);
      return;
    }
    connection.letIn({ ...outcome.session, scopes: shareScopes(outcome.session.scopes) });
    socket.raisePayloadLimit();
    connection.send(encodeResponse(outcome.requestId, options.hello(connection, outcome.session)));
    open.add(connection);
    const { events } = outcome.session;
    audiences.set(events, (audiences.get(events) ?? new Set()).add(connection));
    log.debug('ws.connected', `${outcome.session.client.id} connected`, {
      conn: connection.id,
      mode: outcome.session.client.mode,
    });
    observer.opened(connection);
  };

  /** A failure of ours, most likely of the store: the client is to try again. */
  const undecided = (connection: Connection, error: Error): undefined => {
    log.error('ws.handshake-failed', error.message, { conn: connection.id, stack: error.stack });
    reportRefused(connection, 'internal', error.message);
    connection.close(closeCodes.internal, 'internal error');
  };

  const refuse = (connection: Connection, refusal: Refusal): void => {
    const { client, cause, kind, response, close } = refusal;
    reportRefused(connection, kind, cause, client);
    if (response) connection.send(encodeErrorResponse(response.id, response.error));
    connection.close(close.code, close.reason);
  };

  /**
   * A count, and unless there were many of its kind a line, for every socket that did not get through the
   * handshake (protocol.md §4.4).
   */
  const reportRefused = (
    connection: Connection,
    kind: RefusalKind,
    cause: string,
    client?: Refusal['client'],
  ): void => {
    observer.refused(kind);
    if (!refusals.admit(kind)) return;
    const { headers, address } = connection.remote;
    log.warn('ws.refused', `gateway connect failed: ${cause}`, {
      conn: connection.id,
      remote: address,
      origin: headers.origin,
      userAgent: headers['user-agent'],
      client: client?.id,
      mode: client?.mode,
      version: client?.version,
    });
  };

  const audienceOf = (name: EventName): readonly Connection[] =>
    [...audiences].flatMap(([events, connections]) => (events.has(name) ? [...connections] : []));

  return {
    upgrade(request, socket, rest, peer) {
      const phase = options.handshake.phase();
      const remote = options.remoteOf(request, peer);
      const strangers = pending.fromAddress(remote.address);
      const refusedWith =
        phase === 'draining' || closedToUpgrades
          ? 'Service Unavailable'
          : strangers >= options.preAuthPerIp
            ? 'Too many unauthenticated sockets'
            : undefined;
      if (refusedWith) {
        answerAndLinger(socket, {
          status: 503,
          type: TEXT_TYPE,
          body: refusedWith,
          headers: ['Retry-After', '1'],
        });
        return;
      }
      server.handleUpgrade(request, socket, rest, (webSocket) => accept(webSocket, remote));
    },
    broadcast(name, payload, details) {
      const audience = audienceOf(name);
      if (audience.length === 0) return;
      const event = encodeEvent(name, payload(), details);
      for (const connection of audience) connection.sendEvent(event);
    },
    broadcastTo(name, encode) {
      for (const connection of audienceOf(name)) connection.sendEvent(encode(connection));
    },
    sendTo(connections, name, payload, details) {
      const event = encodeEvent(name, payload, details);
      for (const connection of connections) connection.sendEvent(event);
    },
    closeWhere(chosen, code, reason) {
      for (const connection of open) {
        if (connection.session && chosen(connection.session)) connection.close(code, reason);
      }
    },
    counts() {
      const nodes = [...open].filter(({ session }) => session?.role === 'node').length;
      return new Map([
        ['operator', open.size - nodes],
        ['node', nodes],
        ['connecting', pending.size],
      ]);
    },
    bufferedBytes: () => [...open].reduce((total, { bufferedBytes }) => total + bufferedBytes, 0),
    async shutdown(payload) {
      closedToUpgrades = true;
      refusals.flush();
      const event = encodeEvent('shutdown', JSON.stringify(payload));
      for (const connection of open) connection.sendEvent(event);
      if (everyone.size === 0) return;
      const gone = new Promise<void>((resolve) => (emptied = resolve));
      for (const connection of everyone) connection.close(closeCodes.restart, 'service restart');
      await gone;
    },
  };
}

/** The cause as the close frame gives it, where it gives one. */
function unreadable(error: Error): string {
  return errorCode(error) === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? PREAUTH_TOO_LARGE : error.message;
}

/** Text and binary messages mean the same: JSON in UTF-8 (protocol.md §1). */
function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
}
