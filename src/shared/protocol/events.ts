/**
 * Events: who may see each (protocol.md §14.2), and an encoding that is made once per broadcast.
 * The frame's `seq` differs per connection and goes between two ready halves.
 */
import type { Scope } from './scopes.js';
import type { StateVersion } from './frames.js';

/** Who receives an event, and whether it may be skipped for a socket that does not keep up. */
export interface EventRule {
  readonly scope: Scope | null;
  readonly nodes: boolean;
  readonly droppable: boolean;
}

export const eventRules = {
  agent: { scope: 'operator.read', nodes: false, droppable: false },
  chat: { scope: 'operator.read', nodes: false, droppable: false },
  presence: { scope: 'operator.read', nodes: false, droppable: true },
  tick: { scope: null, nodes: true, droppable: true },
  health: { scope: null, nodes: true, droppable: true },
  'sessions.changed': { scope: 'operator.read', nodes: false, droppable: true },
  'session.message': { scope: 'operator.read', nodes: false, droppable: true },
  'device.pair.requested': { scope: 'operator.pairing', nodes: false, droppable: false },
  'device.pair.resolved': { scope: 'operator.pairing', nodes: false, droppable: false },
  'node.pair.requested': { scope: 'operator.pairing', nodes: false, droppable: false },
  'node.pair.resolved': { scope: 'operator.pairing', nodes: false, droppable: false },
  shutdown: { scope: null, nodes: true, droppable: false },
} as const satisfies Record<string, EventRule>;

export type EventName = keyof typeof eventRules;

/** Events to one connection, which have no `seq` (protocol.md §14.1). */
const unnumberedEvents = ['connect.challenge', 'node.invoke.request'] as const;

/** What `hello-ok` advertises: exactly the events that this gateway can emit. */
export const advertisedEvents: readonly string[] = [...unnumberedEvents, ...Object.keys(eventRules)];

/** JSON in pieces: text, or bytes in UTF-8 that are ready already. */
export type EventPayload = readonly (string | Uint8Array)[];

export interface EventDetails {
  readonly stateVersion?: StateVersion;
  /** Where it is not as the event's rule says. */
  readonly droppable?: boolean;
}

/** An event as bytes up to and from its `seq`; all connections share them. */
export interface EncodedEvent {
  readonly name: EventName;
  readonly droppable: boolean;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** Key order is part of the contract (protocol.md §2.3). */
export function encodeEvent(
  name: EventName,
  payload: string | EventPayload,
  { stateVersion, droppable = eventRules[name].droppable }: EventDetails = {},
): EncodedEvent {
  const pieces = typeof payload === 'string' ? [payload] : payload;
  const head = [`{"type":"event","event":"${name}","payload":`, ...pieces, ',"seq":'];
  return {
    name,
    droppable,
    head: Buffer.concat(head.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))),
    tail: stateVersion ? Buffer.from(`,"stateVersion":${JSON.stringify(stateVersion)}}`) : END,
  };
}

const END = Buffer.from('}');

/** The frame of an event that no counter numbers, with `payload` already as JSON text. */
export function encodeUnnumbered(name: (typeof unnumberedEvents)[number], payload: string): string {
  return `{"type":"event","event":"${name}","payload":${payload}}`;
}

/** The first frame of every socket (protocol.md §4.2). */
export function encodeChallenge(nonce: string, ts: number): string {
  return encodeUnnumbered('connect.challenge', JSON.stringify({ nonce, ts }));
}
