/**
 * Every message between the primary and a worker, both directions: nothing else crosses that channel.
 * Sockets travel beside a `connection` message.
 */
import type { AnswerMessage, AskMessage } from './asking.js';
import type { AttemptVerdict, AuthClient, CountedSecret } from './auth/auth-client.js';
import type { HttpAuthPolicy } from './auth/http-auth.js';
import type { LogLevel } from './config/schema.js';
import type { AskedChannelRequest, ChannelResponse, RequestProofs } from './channels/requests.js';
import type { PlacedLine } from './history-row.js';
import type { AskedHookRun, AskedWake, HookVerdict } from './hooks/questions.js';
import type { HookSetup } from './hooks/setup.js';
import type { AskedRun, RunVerdict } from './http-run.js';
import type { DailyUsage, SessionKey } from './store/records.js';
import type { KeyClaim, KeyedRequest, SettledRequest } from './keyed-request.js';
import type { ExecQuestion, ExecVerdict } from './exec.js';
import type { RedactionRules } from './log/redact.js';
import type { RouteTable } from './routes.js';
import type { RunJob, RunPart } from './run-job.js';
import type { DirectCall, DirectCaller, DirectResult } from './tools/direct-call.js';
import type { WebhookOutcome, WebhookPost } from './webhook-post.js';
import type { KeyScheme } from './store/session-keys.js';
import type { ToolDefinition } from './tools/definition.js';
import type { ToolSetup } from './tools/setup.js';
import type { TlsMaterial } from './tls/tls-end.js';

/** The part of one config version that workers use. Holds provider keys; of the gateway's own secret only a digest. */
export interface WorkerSnapshot {
  readonly version: number;
  readonly auth: HttpAuthPolicy;
  readonly routes: RouteTable;
  readonly chatCompletions: EndpointSnapshot;
  readonly responses: EndpointSnapshot;
  /** Undefined when it is switched off. `basePath` is `/x` or nothing; without a root it is the packaged page. */
  readonly controlUi: { readonly basePath: string; readonly root: string | undefined } | undefined;
  /** Undefined when they are off. */
  readonly hooks: HookSetup | undefined;
  /** What requests of chat networks are known by. */
  readonly channelProofs: RequestProofs;
  readonly strictTransportSecurity: string | false | null;
  readonly apiThreads: number;
  readonly tools: ToolSetup;
  /** How keys of sessions are read. */
  readonly scheme: KeyScheme;
  readonly maxQueue: number;
  /** File for what models say, word for word; undefined when nobody wants it. */
  readonly rawStream: string | undefined;
  readonly logLevel: LogLevel;
  readonly redaction: RedactionRules;
  readonly tunnel: TunnelAddress;
  /** The store, which workers only read. */
  readonly storeDir: string;
  /** Hooks that tests use to misbehave on purpose; false unless the environment says otherwise. */
  readonly testHooks: boolean;
  /** Logged for nothing, where tests want to see what comes of it. */
  readonly testLog: TestLog | undefined;
  /** `httpLimits.stalledClientMs`; tests have less time. */
  readonly stalledClientMs: number;
}

export interface TestLog {
  readonly linesPerSecond: number;
  /** Of each line. */
  readonly chars: number;
}

export interface EndpointSnapshot {
  readonly enabled: boolean;
  readonly maxBodyBytes: number;
}

/** Where a worker hands back what belongs to the primary. */
export interface TunnelAddress {
  readonly path: string;
  /** Made at each start; the first line of a tunnel must carry it. */
  readonly secret: string;
}

/** The first line of a tunnel: what the primary would have known of a connection of its own. */
export interface TunnelPreamble {
  readonly secret: string;
  readonly peer: string;
  readonly tls: boolean;
}

/** One process's metrics, as prom-client's `getMetricsAsJSON()` gives them. */
export type MetricsSnapshot = readonly unknown[];

/** What a worker asks the primary. */
export interface PrimaryQuestions {
  /** May this run on a session go, and how did it end? Giving up ends it. */
  readonly run: { readonly question: AskedRun; readonly answer: RunVerdict };
  /** Which session is meant; null when there is none. With `watch`, its lines from there on are told under that number. */
  readonly session: {
    readonly question: { readonly key: string; readonly watch?: number };
    readonly answer: FoundSession | null;
  };
  readonly unwatch: { readonly question: { readonly watch: number }; readonly answer: true };
  /** Ends its runs; null when there is none. */
  readonly 'kill-session': {
    readonly question: { readonly key: string };
    readonly answer: { readonly killed: boolean } | null;
  };
  /** A tool's process group is about to run: should the worker die, the primary ends it. */
  readonly 'child-started': { readonly question: { readonly pid: number }; readonly answer: true };
  /** A secret of an HTTP client was compared: may that count, and what comes of it (protocol.md §10)? */
  readonly 'auth-attempt': {
    readonly question: {
      readonly secret: CountedSecret;
      readonly client: AuthClient;
      readonly right: boolean;
    };
    readonly answer: AttemptVerdict;
  };
  /** Headers of a proxy came from an address that is not trusted. */
  readonly 'untrusted-proxy': { readonly question: { readonly peer: string }; readonly answer: true };
  readonly 'child-ended': { readonly question: { readonly pid: number }; readonly answer: true };
  /** May this command run, and how? Can take as long as somebody takes to decide. */
  readonly 'exec-approval': { readonly question: ExecQuestion; readonly answer: ExecVerdict };
  /** Is a request with an idempotency key the first? Its asker says how it ended, unless it is gone. */
  readonly 'claim-key': { readonly question: KeyedRequest; readonly answer: KeyClaim };
  /** Something for a session's next turn, stored before it is answered. */
  readonly 'hook-wake': { readonly question: AskedWake; readonly answer: true };
  /** May a run go that a web hook asks for? It is stored before that is answered, and goes on whatever becomes of its asker. */
  readonly 'hook-run': { readonly question: AskedHookRun; readonly answer: HookVerdict };
  /** A request that came to a chat account's path, and proved where from; `unavailable`: it cannot be taken now. */
  readonly 'channel-request': {
    readonly question: AskedChannelRequest;
    readonly answer: ChannelResponse | 'unavailable';
  };
  readonly 'settle-key': { readonly question: SettledRequest; readonly answer: true };
}

/** What the primary asks a worker. */
export interface WorkerQuestions {
  /** Runs a tool for a client of the primary's. */
  readonly 'call-tool': { readonly question: DirectCall; readonly answer: DirectResult };
  /** Tools that a caller has; all that there are when nobody in particular asks. */
  readonly 'list-tools': {
    readonly question: DirectCaller | undefined;
    readonly answer: readonly ToolDefinition[];
  };
  /** Posts something to an address that somebody has written into a job. */
  readonly 'post-webhook': { readonly question: WebhookPost; readonly answer: WebhookOutcome };
  /** What begins from here on uses this snapshot; what runs keeps the one that it began with. */
  readonly 'use-snapshot': { readonly question: WorkerSnapshot; readonly answer: true };
}

/** A session that there is, at one moment. */
export interface FoundSession {
  readonly key: SessionKey;
  readonly sessionId: string;
  /** Place after its last line. */
  readonly before: number;
}

export type ToWorker =
  | AnswerMessage
  | AskMessage<WorkerQuestions>
  /** `complete`: it is ready when what it has to wait for elsewhere is there, or takes too long. */
  | { readonly type: 'configure'; readonly snapshot: WorkerSnapshot; readonly complete: boolean }
  /**
   * `head` is what was read so far, as latin1: the socket's bytes one to one. Whoever reads this after `expiresAt`
   * (clock of `monotonicMs`) must not touch the socket: another worker may have it.
   */
  | { readonly type: 'connection'; readonly id: number; readonly head: string; readonly expiresAt: number }
  /** TLS ends here from now on, with this certificate; before the first connection, and whenever it changes. */
  | { readonly type: 'tls'; readonly material: TlsMaterial }
  /** Clients that have failed: until when each is locked out (0: not; clock of `monotonicMs`), or that it is forgotten. */
  | {
      readonly type: 'failed-clients';
      readonly secret: CountedSecret;
      readonly clients: readonly (readonly [key: string, lockedUntil: number | undefined])[];
    }
  | { readonly type: 'run'; readonly job: RunJob }
  | { readonly type: 'abort-run'; readonly runId: string }
  | { readonly type: 'session-line'; readonly watch: number; readonly line: PlacedLine }
  | { readonly type: 'ping' }
  /** No more connections and runs come: what there is, and what comes on connections, is finished, then they close. */
  | { readonly type: 'leave' }
  /** What is still under way ends now, and is told so. */
  | { readonly type: 'cut-off' }
  /** What there is is finished, and what comes refused. */
  | { readonly type: 'drain' }
  | { readonly type: 'exit' };

export type ToPrimary =
  | AskMessage<PrimaryQuestions>
  | AnswerMessage
  /** The worker listens: what was sent before this would have been lost. */
  | { readonly type: 'started' }
  | { readonly type: 'ready'; readonly version: number }
  | { readonly type: 'taken'; readonly id: number }
  /** The offer had expired. */
  | { readonly type: 'declined'; readonly id: number }
  | { readonly type: 'closed'; readonly count: number }
  | { readonly type: 'runs'; readonly parts: readonly RunPart[] }
  | { readonly type: 'pong' }
  | { readonly type: 'log'; readonly lines: readonly { readonly line: string; readonly level: number }[] }
  | { readonly type: 'metrics'; readonly metrics: MetricsSnapshot }
  /** By completions of which no run's end records it, since this was told last. */
  | { readonly type: 'usage'; readonly used: readonly DailyUsage[] }
  | { readonly type: 'drained' };
