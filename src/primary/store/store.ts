/**
 * What the gateway remembers. One writer, the primary; a change is acknowledged when it is on disk. Reads are
 * promises because a store may be elsewhere. Every implementation passes `test/primary/store/contract.ts`.
 */
import type {
  ArchivedTranscript,
  DailyUsage,
  PairedDevice,
  PairingRequest,
  RunRecord,
  SessionEntry,
  SessionKey,
  TranscriptEntry,
} from '../../shared/store/records.js';
import type { ChannelChange, ChannelReader, DeliveryReader } from './channel-store.js';
import type { CronJob, CronRunEntry } from '../../shared/store/cron-records.js';

export interface Store {
  /** What results call `path` (runs-and-events.md §7); no credentials in it. */
  readonly path: string;
  readonly sessions: SessionReader;
  readonly transcripts: TranscriptReader;
  readonly runs: RunReader;
  readonly usage: UsageReader;
  readonly devices: DeviceReader;
  readonly deliveries: DeliveryReader;
  readonly channels: ChannelReader;
  readonly cron: CronReader;
  /** Applies all changes, in order, or none. Resolves when they are on disk. @throws StoreError */
  commit(changes: readonly Change[]): Promise<void>;
  /**
   * Takes the run's idempotency key and applies `changes` with it; or, when the key is taken, changes nothing and
   * gives the run that has it. Exactly one of any number of concurrent claims succeeds (runs-and-events.md §12).
   */
  claimRun(run: RunRecord, changes: readonly Change[]): Promise<RunRecord | undefined>;
  /** Forgets ended runs: those that ended before `endedBefore`, and the oldest above `keep`. Gives how many. */
  pruneRuns(endedBefore: number, keep: number): Promise<number>;
  /** Forgets deliveries that ended before then. Gives how many. */
  pruneDeliveries(endedBefore: number): Promise<number>;
  /**
   * False after a write that did not reach the disk, until one does: as long as there is none, each time that this is
   * asked one is tried, in the background.
   */
  writable(): boolean;
  /** A process that read the store has ended, perhaps without saying so: what it held is freed. */
  readerGone(): void;
  /** Waits for what was begun; afterwards nothing may be called. */
  close(): Promise<void>;
}

export type Change =
  | ChannelChange
  /** Null deletes the session; its lines stay until they are dropped. */
  | { readonly type: 'session'; readonly key: SessionKey; readonly entry: SessionEntry | null }
  /** Adds lines at the end of a transcript, which begins with its first line. */
  | { readonly type: 'append'; readonly sessionId: string; readonly entries: readonly TranscriptEntry[] }
  /** The transcript begins at this line from now on, after its first one; those before stay for an archive. */
  | { readonly type: 'trim'; readonly sessionId: string; readonly start: number }
  /** Names a transcript, or lines of one, that no session shows any more. Nothing is copied. */
  | { readonly type: 'archive'; readonly archive: ArchivedTranscript }
  /** Deletes lines of a transcript, `from` (included) to `to` (excluded); with the last one, all that is known of it. */
  | { readonly type: 'drop-lines'; readonly sessionId: string; readonly from: number; readonly to: number }
  /** Takes a name away; the lines stay. */
  | { readonly type: 'drop-archive'; readonly name: string }
  /** Bytes by their name; of use only with a line or a run that has an image block which names them. */
  | { readonly type: 'blob'; readonly blob: string; readonly bytes: Uint8Array }
  | { readonly type: 'run'; readonly run: RunRecord }
  /** Is added to what there is of its day, agent and model. */
  | { readonly type: 'usage'; readonly used: DailyUsage }
  | { readonly type: 'device'; readonly deviceId: string; readonly device: PairedDevice | null }
  | { readonly type: 'pairing'; readonly requestId: string; readonly request: PairingRequest | null }
  /** Null deletes the job, and its run log with it. */
  | { readonly type: 'cron-job'; readonly jobId: string; readonly job: CronJob | null }
  /** Is added to the run log of its job, whose oldest entries go when there are too many of them. */
  | { readonly type: 'cron-run'; readonly entry: CronRunEntry; readonly keep: CronLogBounds };

/** Of one job's run log. */
export interface CronLogBounds {
  readonly entries: number;
  /** Of its entries as JSON. */
  readonly bytes: number;
}

export interface SessionRow {
  readonly key: SessionKey;
  readonly entry: SessionEntry;
}

/** Part of the sessions that are archived, or of those that are not. */
export interface SessionPage {
  readonly archived: boolean;
  readonly limit: number;
  /** Begin after this one, as it was read … */
  readonly after?: SessionRow | undefined;
  /** … or leave out so many. */
  readonly offset?: number;
}

export interface SessionReader {
  get(key: SessionKey): Promise<SessionEntry | undefined>;
  /** Last updated first; ties by key. */
  newest(page: SessionPage): Promise<readonly SessionRow[]>;
  /** The other way round. */
  oldest(page: SessionPage): Promise<readonly SessionRow[]>;
  /** In constant time, as all that reads no rows. */
  count(archived: boolean): Promise<number>;
  /** Sessions of one agent, archived ones too; takes time with their number, but reads no rows. */
  countOf(agentId: string): Promise<number>;
  keyOf(sessionId: string): Promise<SessionKey | undefined>;
  /** Sessions whose id begins so, at most `limit` of them. */
  withIdPrefix(prefix: string, limit: number): Promise<readonly SessionKey[]>;
  /** Keys of the sessions with this label, sorted. */
  labelled(label: string): Promise<readonly SessionKey[]>;
}

/** A line with its place: the first line of a transcript is 0. */
export interface StoredEntry {
  readonly index: number;
  readonly entry: TranscriptEntry;
}

export interface TranscriptReader {
  /** Where its last line ends: lines keep their places when a transcript is trimmed. */
  length(sessionId: string): Promise<number>;
  /** Place of the first line that counts after the transcript's own: 1 until it is trimmed. */
  start(sessionId: string): Promise<number>;
  /** Lines `from` (included) to `to` (excluded), in order. */
  read(sessionId: string, from: number, to: number): Promise<readonly StoredEntry[]>;
  /** Ids of all transcripts, sorted, after the one that is given. */
  ids(after: string | undefined, limit: number): Promise<readonly string[]>;
  /** By its name. */
  archive(name: string): Promise<ArchivedTranscript | undefined>;
  /** Sorted by name, after the one that is given. */
  archives(after: string | undefined, limit: number): Promise<readonly ArchivedTranscript[]>;
  archivesOf(sessionId: string): Promise<readonly ArchivedTranscript[]>;
  /** Undefined when nothing names it any more. */
  blob(name: string): Promise<Uint8Array | undefined>;
}

export interface RunReader {
  get(runId: string): Promise<RunRecord | undefined>;
  /** Accepted and not ended: at a start, what a crash interrupted. */
  open(): Promise<readonly RunRecord[]>;
}

export interface UsageReader {
  /** From day to day, both included, in order. */
  between(from: string, to: string): Promise<readonly DailyUsage[]>;
}

export interface DeviceReader {
  get(deviceId: string): Promise<PairedDevice | undefined>;
  all(): Promise<readonly PairedDevice[]>;
  request(requestId: string): Promise<PairingRequest | undefined>;
  /** The one request that a device may have. */
  requestOf(deviceId: string): Promise<PairingRequest | undefined>;
  requests(): Promise<readonly PairingRequest[]>;
}

/** Part of the run log of one job, or of all; in the order in which runs ended. */
export interface CronLogPage {
  readonly jobId?: string | undefined;
  readonly newestFirst: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface CronReader {
  jobs(): Promise<readonly CronJob[]>;
  log(page: CronLogPage): Promise<readonly CronRunEntry[]>;
  /** In constant time. */
  logLength(jobId?: string): Promise<number>;
}

/** The store cannot be read or written: nothing may be acknowledged. */
export class StoreError extends Error {
  constructor(message: string, cause: Error) {
    super(message, { cause });
    this.name = 'StoreError';
  }
}

/** Its disk takes nothing at the moment: what was to be written has not been, and can be tried again. */
export class UnwritableStore extends StoreError {
  /** @param why its message is shown to clients */
  constructor(why: Error) {
    super(`cannot write to the store: ${why.message}; nothing was stored, try again later`, why);
    this.name = 'UnwritableStore';
  }
}
