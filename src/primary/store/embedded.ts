/**
 * The store in the state dir: LMDB, one environment, a table per kind of record and per index. Writes of one turn
 * are committed together off the event loop; what is acknowledged has been flushed (architecture, «Store»).
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Key, RangeOptions } from 'lmdb';
import type { DailyUsage, RunRecord, SessionEntry, SessionKey } from '../../shared/store/records.js';
import { watchMappedLock } from '../../shared/store/mapped-lock.js';
import { readBlob } from '../../shared/store/blob-table.js';
import { storeLimits } from '../../shared/limits.js';
import { describeRefusedWrite, isRefusedWrite } from '../../shared/refused-write.js';
import { toError } from '../../shared/to-error.js';
import { unreachable } from '../../shared/unreachable.js';
import { sumDailyUsage } from '../../shared/usage.js';
import {
  StoreError,
  UnwritableStore,
  type Change,
  type SessionPage,
  type SessionRow,
  type Store,
  type StoredEntry,
} from './store.js';
import { applyChannelChange, channelReader, deliveryReader, pruneDeliveries } from './embedded-channels.js';
import { addCronRun, cronReader, putCronJob } from './cron-tables.js';
import { causeOf, isFailedCommit } from './failed-commit.js';
import { openTables, type Tables, type UsageKey } from './tables.js';
import { transcriptIds, transcriptLength } from './transcript-places.js';
import { lookAtFiles, tryFolder } from './folder-trial.js';
import { guardReaders } from './guarded-readers.js';
import { createWriteHealth } from './write-health.js';

export interface EmbeddedOptions {
  /** From here on nothing can be written, for that reason, or it can again. */
  outage?(why: string | undefined): void;
}

/** @param path a directory, made when it is missing. @throws StoreError when what is there cannot be read */
export function openEmbeddedStore(path: string, { outage = () => {} }: EmbeddedOptions = {}): Store {
  const tables = openTables(path);
  const { root } = tables;
  const checkLock = watchMappedLock(path);
  const inTransaction = async <T>(action: () => T): Promise<T> => {
    checkLock();
    const result = await root.childTransaction(action);
    await root.flushed;
    return result;
  };
  const health = createWriteHealth({
    async trial() {
      await tryFolder(path);
      try {
        await inTransaction(() => void tables.trial.put('', Buffer.alloc(storeLimits.trialBytes)));
        await inTransaction(() => void tables.trial.remove(''));
      } catch (caught) {
        throw new Error(describeRefusedWrite(await causeOf(toError(caught))), { cause: caught });
      }
    },
    look: () => lookAtFiles(path),
    changed: outage,
  });
  const write = async <T>(action: () => T): Promise<T> => {
    if (health.failing) await health.tried().catch(unwritable);
    try {
      return await inTransaction(action);
    } catch (caught) {
      const error = await causeOf(toError(caught));
      if (!isFailedCommit(caught) && !isRefusedWrite(caught))
        throw new StoreError(`cannot write to the store: ${error.message}`, error);
      const said = isFailedCommit(error) ? 'the disk did not take it' : describeRefusedWrite(error);
      const why = new Error(said, { cause: error });
      health.failed(why.message);
      return unwritable(why);
    }
  };
  const isUsable = (): boolean => {
    try {
      checkLock();
      return true;
    } catch (caught) {
      health.failed(describeRefusedWrite(caught));
      return false;
    }
  };
  const commit = (changes: readonly Change[]): void => {
    tables.named.begin();
    for (const change of changes) apply(tables, change);
    tables.named.sweep();
  };
  const store: Store = {
    path,
    commit: (changes) => write(() => commit(changes)),
    claimRun: (run, changes) =>
      write(() => {
        const taken = tables.runs.get(run.runId);
        if (!taken) commit([{ type: 'run', run }, ...changes]);
        return taken;
      }),
    async pruneRuns(endedBefore, keep) {
      for (let pruned = 0; ;) {
        const surplus = entryCount(tables.endedRuns) - keep;
        const some = await write(() => pruneRuns(tables, endedBefore, surplus));
        pruned += some;
        if (some < storeLimits.prunedAtOnce) return pruned;
      }
    },
    async pruneDeliveries(endedBefore) {
      for (let pruned = 0; ;) {
        const some = await write(() => pruneDeliveries(tables.channels, endedBefore));
        pruned += some;
        if (some < storeLimits.prunedAtOnce) return pruned;
      }
    },
    writable: health.check,
    readerGone() {
      if (isUsable()) root.readerCheck();
    },
    async close() {
      if (!isUsable()) {
        // When the process exits the library would note its end there.
        process.removeAllListeners('exit');
        return;
      }
      await (health.failing ? Promise.race([root.close(), sleep(storeLimits.closeMs)]) : root.close());
    },
    sessions: {
      get: async (key) => tables.sessions.get(key),
      newest: async (page) => sessionPage(tables, page, false),
      oldest: async (page) => sessionPage(tables, page, true),
      count: async (archived) => entryCount(archived ? tables.archived : tables.byUpdated),
      // `;` follows `:`, so the range ends where the agent's keys do.
      countOf: async (agentId) =>
        tables.sessions.getKeysCount({
          start: `agent:${agentId}:` as SessionKey,
          end: `agent:${agentId};` as SessionKey,
        }),
      keyOf: async (sessionId) => tables.sessionIds.get(sessionId),
      withIdPrefix: async (prefix, limit) =>
        Array.from(
          tables.sessionIds.getRange({ start: prefix, end: `${prefix}${LAST}`, limit }),
          ({ value }) => value,
        ),
      labelled: async (label) =>
        Array.from(
          tables.labels.getKeys({ start: [indexed(label), FIRST], end: [indexed(label), LAST] }),
          ([, key]) => key,
        ),
    },
    transcripts: {
      length: async (sessionId) => transcriptLength(tables, sessionId),
      start: async (sessionId) => tables.starts.get(sessionId) ?? 1,
      ids: async (after, limit) => transcriptIds(tables, after, limit),
      archive: async (name) => tables.archives.get(name),
      archives: async (after, limit) =>
        valuesOf(tables.archives, { start: after ?? '', exclusiveStart: after !== undefined, limit }),
      // `/` follows `.`, so the range ends where the session's names do.
      archivesOf: async (sessionId) =>
        valuesOf(tables.archives, { start: `${sessionId}.`, end: `${sessionId}/` }),
      blob: async (name) => readBlob(tables.blobs, name),
      read: async (sessionId, from, to) =>
        Array.from(
          tables.transcripts.getRange({ start: [sessionId, from], end: [sessionId, to] }),
          ({ key: [, index], value }): StoredEntry => ({ index, entry: value }),
        ),
    },
    runs: {
      get: async (runId) => tables.runs.get(runId),
      open: async () => Array.from(tables.openRuns.getKeys(), (runId) => tables.runs.get(runId) as RunRecord),
    },
    usage: {
      between: async (from, to) =>
        Array.from(tables.usage.getRange({ start: [from], end: [to, LAST] }), ({ value }) => value),
    },
    devices: {
      get: async (deviceId) => tables.devices.get(deviceId),
      all: async () => valuesOf(tables.devices),
      request: async (requestId) => tables.pairings.get(requestId),
      requestOf: async (deviceId) =>
        valuesOf(tables.pairings).find((request) => request.deviceId === deviceId),
      requests: async () => valuesOf(tables.pairings),
    },
    deliveries: deliveryReader(tables.channels),
    channels: channelReader(tables.channels),
    cron: cronReader(tables.cron),
  };
  return guardReaders(store, () => {
    if (!isUsable()) throw new UnwritableStore(new Error(IMMUTABLE));
  });
}

const IMMUTABLE = 'its lock file has been made immutable';

function unwritable(caught: unknown): never {
  throw new UnwritableStore(toError(caught));
}

/** Sort before and after every key that there can be. */
const FIRST = '' as SessionKey;
const LAST = '\uFFFF' as SessionKey;

/** Runs inside a transaction, where `put` and `remove` take effect at once. */
function apply(tables: Tables, change: Change): void {
  switch (change.type) {
    case 'session':
      return putSession(tables, change.key, change.entry);
    case 'append': {
      let index = transcriptLength(tables, change.sessionId);
      for (const entry of change.entries) {
        tables.named.lineAdded(change.sessionId, index, entry);
        void tables.transcripts.put([change.sessionId, index++], entry);
      }
      return;
    }
    case 'trim':
      return void tables.starts.put(change.sessionId, change.start);
    case 'archive':
      return void tables.archives.put(change.archive.name, change.archive);
    case 'drop-lines': {
      const { sessionId, from, to } = change;
      const range = {
        start: [sessionId, from] as [string, number],
        end: [sessionId, to] as [string, number],
      };
      // Read to the end first: the cursor must not stand on what is removed.
      const lines = Array.from(tables.transcripts.getRange(range));
      for (const { key, value } of lines) {
        void tables.transcripts.remove(key);
        tables.named.lineRemoved(...key, value);
      }
      if (transcriptLength(tables, sessionId) === 0) void tables.starts.remove(sessionId);
      return;
    }
    case 'drop-archive':
      return void tables.archives.remove(change.name);
    case 'blob':
      return tables.named.put(change.blob, change.bytes);
    case 'run':
      return putRun(tables, change.run);
    case 'usage':
      return addUsage(tables, change.used);
    case 'device':
      return putOrRemove(tables.devices, change.deviceId, change.device);
    case 'pairing':
      return putOrRemove(tables.pairings, change.requestId, change.request);
    case 'delivery':
    case 'delivery-parts':
    case 'delivery-state':
    case 'draft':
    case 'channel-memory':
    case 'known-sender':
    case 'sender-request':
      return applyChannelChange(tables.channels, change);
    case 'cron-job':
      return putCronJob(tables.cron, change.jobId, change.job);
    case 'cron-run':
      return addCronRun(tables.cron, change.entry, change.keep);
    default:
      return unreachable(change);
  }
}

function putSession(tables: Tables, key: SessionKey, entry: SessionEntry | null): void {
  const before = tables.sessions.get(key);
  putOrRemove(tables.sessions, key, entry);
  if (before) void updatedIndex(tables, before).remove(updatedKey(key, before));
  if (entry) void updatedIndex(tables, entry).put(updatedKey(key, entry), '');
  // These seldom change, and every run writes its session.
  if (before?.sessionId !== entry?.sessionId) {
    if (before) void tables.sessionIds.remove(before.sessionId);
    if (entry) void tables.sessionIds.put(entry.sessionId, key);
  }
  if (before?.label !== entry?.label) {
    if (before?.label !== undefined) void tables.labels.remove([indexed(before.label), key]);
    if (entry?.label !== undefined) void tables.labels.put([indexed(entry.label), key], '');
  }
}

function sessionPage(
  tables: Tables,
  { archived, limit, after, offset = 0 }: SessionPage,
  reverse: boolean,
): SessionRow[] {
  const index = archived ? tables.archived : tables.byUpdated;
  const from = after && { start: updatedKey(after.key, after.entry), exclusiveStart: true };
  const keys = index.getKeys({ ...from, offset, limit, reverse });
  return Array.from(keys, ([, key]) => ({ key, entry: tables.sessions.get(key) as SessionEntry }));
}

/**
 * A label as it stands beside a key: together they must fit LMDB's longest key, 1,978 bytes, and a longer text with control
 * characters or halves of surrogate pairs would not be read as it was written.
 */
function indexed(label: string): string {
  if (Buffer.byteLength(label) <= LABEL_BYTES && !/[\p{Cc}\p{Cs}]/u.test(label)) return label;
  return createHash('sha256').update(label).digest('hex');
}

const LABEL_BYTES = 256;

function updatedIndex(tables: Tables, { archived }: SessionEntry): Tables['byUpdated'] {
  return archived === true ? tables.archived : tables.byUpdated;
}

function updatedKey(key: SessionKey, { updatedAt }: SessionEntry): [number, SessionKey] {
  return [-updatedAt, key];
}

function putRun(tables: Tables, run: RunRecord): void {
  const { runId, end } = run;
  void tables.runs.put(runId, run);
  tables.named.runStored(run);
  if (!end) void tables.openRuns.put(runId, '');
  else {
    void tables.openRuns.remove(runId);
    void tables.endedRuns.put([end.endedAt, runId], '');
  }
}

function pruneRuns(tables: Tables, endedBefore: number, surplus: number): number {
  let pruned = 0;
  for (const key of Array.from(tables.endedRuns.getKeys({ limit: storeLimits.prunedAtOnce }))) {
    const [endedAt, runId] = key;
    if (endedAt >= endedBefore && pruned >= surplus) break;
    void tables.endedRuns.remove(key);
    void tables.runs.remove(runId);
    pruned += 1;
  }
  return pruned;
}

function addUsage({ usage }: Tables, used: DailyUsage): void {
  const { date, agentId, provider, model } = used;
  const key: UsageKey = [date, agentId, provider, model];
  const before = usage.get(key);
  void usage.put(key, before ? sumDailyUsage(before, used) : used);
}

function entryCount(table: Database<unknown, [number, string]>): number {
  return (table.getStats() as { readonly entryCount: number }).entryCount;
}

function valuesOf<V, K extends Key>(table: Database<V, K>, range: RangeOptions = {}): V[] {
  return Array.from(table.getRange(range), ({ value }) => value);
}

function putOrRemove<V, K extends Key>(table: Database<V, K>, key: K, value: V | null): void {
  void (value === null ? table.remove(key) : table.put(key, value));
}
