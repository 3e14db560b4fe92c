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
  /** When it comes and what it carries, in Markdown: for the reference in docs/protocol.md. */
  readonly summary: string;
}

export const eventRules = {
  agent: {
    scope: 'operator.read',
    nodes: false,
    droppable: false,
    summary:
      'The life and the text of each run: `{runId, seq, stream, ts, sessionKey, agentId, data}` with `stream` `lifecycle` (`data.phase` `start`, `end` or `error`), `assistant` (`data.text` and `data.delta`), `compaction` or `tool`. Of stream `tool` only connections with the capability `tool-events` get something, of runs that they started and of sessions to whose messages they listen: `data` is `{phase, name, toolCallId}` with `phase` `start` (`args`), `update` (`partialResult`, may be skipped) or `result` (`result`, `isError`). What goes in and comes out is left out for those who did not start the run, unless the session has `verboseLevel` `full`.',
  },
  chat: {
    scope: 'operator.read',
    nodes: false,
    droppable: false,
    summary:
      'The same as a chat client shows it: `{runId, sessionKey, agentId, seq, state, message, …}` with `state` `delta`, which may be skipped, then one of `final`, `aborted`, `error`.',
  },
  presence: {
    scope: 'operator.read',
    nodes: false,
    droppable: true,
    summary: '`{presence}`, the whole list, after each change.',
  },
  tick: {
    scope: null,
    nodes: true,
    droppable: true,
    summary: '`{ts}`, every `policy.tickIntervalMs` of `hello-ok`.',
  },
  health: {
    scope: null,
    nodes: true,
    droppable: true,
    summary: 'The snapshot of `health`, after each refresh.',
  },
  'config.changed': {
    scope: 'operator.read',
    nodes: false,
    droppable: true,
    summary: '`{path, hash, ts}`, after the config file was written; `path` is redacted.',
  },
  'sessions.changed': {
    scope: 'operator.read',
    nodes: false,
    droppable: true,
    summary:
      'To connections that called `sessions.subscribe`: `{sessionKey, reason, ts, …}` after a change, `{sessionKey, phase, runId, ts, …}` of a run, both with the fields of its row. Changes that come close together leave as one.',
  },
  'session.message': {
    scope: 'operator.read',
    nodes: false,
    droppable: true,
    summary:
      'To connections that called `sessions.messages.subscribe`: each message that is added: `{sessionKey, sessionId, messageId, messageSeq, message, ts}`, with the message as in `chat.history`, uncut as long as a row may be.',
  },
  'session.tool': {
    scope: 'operator.read',
    nodes: false,
    droppable: true,
    summary:
      'To connections that called `sessions.messages.subscribe` for the session, or `sessions.subscribe`: the same as `agent` with stream `tool`.',
  },
  heartbeat: {
    scope: null,
    nodes: false,
    droppable: true,
    summary:
      'What became of a heartbeat: `{ts, status, reason, agentId, durationMs, channel, to, preview, indicatorType}` with `status` `sent`, `ok-empty`, `ok-token`, `skipped` or `failed`.',
  },
  cron: {
    scope: 'operator.read',
    nodes: false,
    droppable: true,
    summary:
      'What becomes of cron jobs: `{jobId, action, …}` with `action` `added` or `updated` (`job`), `removed`, `started` (`runAtMs`, `runId`) or `finished` (`status`, `error`, `summary`, `runAtMs`, `durationMs`, `sessionKey`, `nextRunAtMs` and more, as in `cron.runs`).',
  },
  'exec.approval.requested': {
    scope: 'operator.approvals',
    nodes: false,
    droppable: false,
    summary: 'A command waits for a decision: `{id, request, createdAtMs, expiresAtMs}`.',
  },
  'exec.approval.resolved': {
    scope: 'operator.approvals',
    nodes: false,
    droppable: false,
    summary:
      '`{id, decision, resolvedBy, ts}`; `decision` is null when nobody decided in time, or nobody wants to know any more.',
  },
  'device.pair.requested': {
    scope: 'operator.pairing',
    nodes: false,
    droppable: false,
    summary: 'A device waits for approval: its request.',
  },
  'device.pair.resolved': {
    scope: 'operator.pairing',
    nodes: false,
    droppable: false,
    summary: '`{requestId, deviceId, decision, ts}` with `decision` `approved` or `rejected`.',
  },
  'node.pair.requested': {
    scope: 'operator.pairing',
    nodes: false,
    droppable: false,
    summary: 'A node waits for approval: its request.',
  },
  'node.pair.resolved': {
    scope: 'operator.pairing',
    nodes: false,
    droppable: false,
    summary: '`{requestId, nodeId, decision, ts}` with `decision` `approved` or `rejected`.',
  },
  'channel.pair.requested': {
    scope: 'operator.pairing',
    nodes: false,
    droppable: false,
    summary:
      'Somebody who is not known has written over a chat network: `{channel, accountId, sender, name, code, createdAt, expiresAt}`.',
  },
  'channel.pair.resolved': {
    scope: 'operator.pairing',
    nodes: false,
    droppable: false,
    summary: '`{channel, accountId, sender, decision, ts}` with `decision` `approved` or `rejected`.',
  },
  shutdown: {
    scope: null,
    nodes: true,
    droppable: false,
    summary:
      '`{reason, restartExpectedMs}`, before the socket is closed with 1012; with `restartExpectedMs` it is worth waiting.',
  },
} as const satisfies Record<string, EventRule>;

export type EventName = keyof typeof eventRules;

/** Events to one connection, which have no `seq` (protocol.md §14.1). */
export const unnumberedEvents = {
  'connect.challenge': '`{nonce, ts}`, the first frame of every socket.',
  'node.invoke.request':
    '`{id, nodeId, command, paramsJSON, timeoutMs, idempotencyKey}`, to the node that is asked to run a command.',
} as const;

/** What `hello-ok` advertises: exactly the events that this gateway can emit. */
export const advertisedEvents: readonly string[] = [
  ...Object.keys(unnumberedEvents),
  ...Object.keys(eventRules),
];

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
export function encodeUnnumbered(name: keyof typeof unnumberedEvents, payload: string): string {
  return `{"type":"event","event":"${name}","payload":${payload}}`;
}

/** The first frame of every socket (protocol.md §4.2). */
export function encodeChallenge(nonce: string, ts: number): string {
  return encodeUnnumbered('connect.challenge', JSON.stringify({ nonce, ts }));
}
