/**
 * What the store holds, in the words of the domain. A record is data, never changed in place: a change is a new
 * record. What a newer version wrote into one and this version does not know is kept (runs-and-events.md §7).
 */
import type { HttpErrorName } from '../errors/catalogue.js';
import type { Cost } from '../usage.js';
import type { RunReply } from './channel-records.js';

/** Canonical key of a session, `agent:<agentId>:<rest>` (runs-and-events.md §6). */
declare const sessionKey: unique symbol;
export type SessionKey = string & { readonly [sessionKey]: true };

/** A session's current state (runs-and-events.md §7). Times are milliseconds since the epoch. */
export interface SessionEntry {
  /** Names the transcript; a reset gives a new one. */
  readonly sessionId: string;
  readonly updatedAt: number;
  readonly sessionStartedAt?: number;
  readonly lastInteractionAt?: number;
  readonly chatType?: 'direct' | 'group' | 'channel';
  readonly label?: string;
  readonly displayName?: string;
  readonly channel?: string;
  readonly lastChannel?: string | null;
  readonly lastTo?: string | null;
  readonly lastAccountId?: string | null;
  readonly thinkingLevel?: string;
  readonly verboseLevel?: string;
  readonly providerOverride?: string;
  readonly modelOverride?: string;
  readonly sendPolicy?: 'allow' | 'deny';
  readonly queueMode?: string;
  readonly systemSent?: boolean;
  readonly abortedLastRun?: boolean;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** What the last call to its model had before it and gave: about what the next one begins with … */
  readonly totalTokens?: number;
  /** … unless the session was summarized since. */
  readonly totalTokensFresh?: boolean;
  readonly contextTokens?: number;
  readonly modelProvider?: string;
  readonly model?: string;
  readonly compactionCount?: number;
  /** What its next turn is to know. */
  readonly systemEvents?: readonly { readonly text: string; readonly at: number }[];
  /** Messages that were too many to wait, for its next turn. */
  readonly droppedMessages?: { readonly count: number; readonly lines: readonly string[] };
  readonly [unknown: string]: unknown;
}

/** One line of a transcript (runs-and-events.md §8). */
export interface TranscriptEntry {
  readonly type: string;
  /** 8 hex characters, unique in its transcript; the `session` line has the session's id. */
  readonly id: string;
  readonly parentId?: string | null;
  /** ISO 8601. */
  readonly timestamp: string;
  /** The run that a message belongs to. */
  readonly runId?: string;
  readonly [unknown: string]: unknown;
}

/** An image in a message. Its bytes are a blob, which is kept as long as a line or a run that waits names it. */
export interface ImageBlock {
  readonly type: 'image';
  readonly mimeType: string;
  /** How many. */
  readonly bytes: number;
  /** Name of the blob: SHA-256 of the bytes, in hex. */
  readonly blob: string;
}

/** A transcript, or a part of one, that its session does not show any more (runs-and-events.md §8). */
export interface ArchivedTranscript {
  /** `<sessionId>.jsonl.<why>.<ts>`. */
  readonly name: string;
  readonly sessionKey: SessionKey;
  readonly sessionId: string;
  /** Its lines: `from` (included) to `to` (excluded), or to the end. */
  readonly from: number;
  readonly to?: number;
  readonly archivedAt: number;
}

/** Methods that start runs: their keys are one family (protocol.md §19). `send` starts none, but stores its keys too. */
export type RunMethod =
  | 'agent'
  | 'chat.send'
  | 'sessions.send'
  | 'sessions.create'
  | 'send'
  /** A web hook's, and the turn of a session that something has woken. */
  | 'hooks.agent'
  | 'wake'
  /** A message that came over a chat network. */
  | 'channel'
  /** A job's, and an agent's that looks after things by the clock. */
  | 'cron'
  | 'heartbeat'
  | HttpRunMethod;

/** Endpoints that start runs; an `Idempotency-Key` is made into the run's id (http.md §4). */
export type HttpRunMethod = 'chat.completions' | 'responses';

/**
 * A run and, with it, its idempotency key (runs-and-events.md §12).
 *
 *   accepted ──▶ running ──▶ ended
 *       └────────────────────▲   (aborted while queued, interrupted)
 */
export interface RunRecord {
  /** The caller's idempotency key. */
  readonly runId: string;
  readonly method: RunMethod;
  readonly sessionKey: SessionKey;
  readonly sessionId: string;
  readonly agentId: string;
  /** The user's; in the transcript since `startedAt`. */
  readonly message: string;
  readonly images?: readonly ImageBlock[];
  /** What its client's tools gave; in the transcript before the message. */
  readonly toolResults?: readonly ToolResult[];
  /** Of one that an HTTP request asked for. */
  readonly http?: HttpRunFacts;
  /** Another session is told how it ended. */
  readonly report?: RunReport;
  /** What it says goes there, too. */
  readonly reply?: RunReply;
  readonly acceptedAt: number;
  readonly startedAt?: number;
  readonly end?: RunEnd;
}

export interface RunReport {
  readonly to: SessionKey;
  /** What the session is told has ended. */
  readonly name: string;
}

export interface RunEnd {
  readonly endedAt: number;
  readonly status: 'ok' | 'error' | 'timeout';
  /** What the requester is answered, and whoever repeats the key (runs-and-events.md §1.2). */
  readonly payload: RunPayload;
  /** An answer to a heartbeat which says that there is nothing to be said: nothing of it is kept. */
  readonly acknowledged?: true;
  /** Its message made room for somebody else's, and gets no other answer. */
  readonly gaveWay?: true;
  /** Why the gateway could not do it: of status `error`. */
  readonly message?: string;
  /** Calls of its client's tools in which it ended. */
  readonly toolCalls?: readonly ClientToolCall[];
  /** What an HTTP client is told of the failure. */
  readonly failure?: RunFailure;
}

export interface HttpRunFacts {
  /** When its answer says that it was made; seconds since the epoch. */
  readonly created: number;
  /** SHA-256 of the request's body, where its `Idempotency-Key` is the run's. */
  readonly bodyHash?: string;
  /** Who may refer to what it said, as a digest: of a response. */
  readonly callerHash?: string;
}

/** A call of a tool as a transcript has it. */
export interface ToolCallRecord {
  readonly id: string;
  readonly name: string;
  /** An object; text where the model wrote none. */
  readonly arguments: unknown;
}

/** A call of a tool that the client has. */
export type ClientToolCall = ToolCallRecord;

export interface ToolResult {
  readonly toolCallId: string;
  /** Undefined when the client does not say it: then it is that of the call. */
  readonly toolName?: string;
  readonly text: string;
}

export interface RunFailure {
  readonly error: HttpErrorName;
  readonly retryAfter?: string;
}

export interface RunPayload {
  readonly runId: string;
  readonly status: RunEnd['status'];
  readonly summary: string;
  readonly stopReason?: string;
  readonly timeoutPhase?: 'queue' | 'provider';
  readonly providerStarted?: boolean;
  readonly result?: unknown;
}

/** What an agent's runs and completions used of a model on one day. */
export interface DailyUsage {
  /** `YYYY-MM-DD`, UTC. */
  readonly date: string;
  readonly agentId: string;
  readonly provider: string;
  readonly model: string;
  readonly runs: number;
  /** Tokens. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** At the prices of when they were used. */
  readonly cost?: Cost;
  /** How many of the runs the config named no price for. */
  readonly unpriced?: number;
}

/** A device that may connect (protocol.md §11.4). */
export interface PairedDevice extends DeviceIdentity {
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly approvedScopes: readonly string[];
  readonly operatorLabel?: string;
  readonly approvedVia: 'owner' | 'silent' | 'trusted-cidr';
  readonly createdAtMs: number;
  readonly approvedAtMs: number;
  readonly lastSeenAtMs?: number;
  /** By role. */
  readonly tokens: Readonly<Record<string, DeviceToken>>;
}

export interface DeviceToken {
  readonly token: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  readonly rotatedAtMs?: number;
  readonly revokedAtMs?: number;
  readonly lastUsedAtMs?: number;
}

/** A device that asks to be approved; one per device. */
export interface PairingRequest extends DeviceIdentity {
  readonly requestId: string;
  readonly role?: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly silent?: boolean;
  readonly isRepair?: boolean;
  readonly ts: number;
}

interface DeviceIdentity {
  readonly deviceId: string;
  readonly publicKey: string;
  readonly displayName?: string;
  readonly platform?: string;
  readonly deviceFamily?: string;
  readonly clientId?: string;
  readonly clientMode?: string;
  readonly remoteIp?: string;
}
