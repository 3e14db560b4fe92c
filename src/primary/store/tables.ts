/**
 * The tables of the embedded store: one per kind of record and per index.
 *
 *   sessions      key → entry              by-updated, archived   [−updatedAt, key] → ''
 *   session-ids   sessionId → key          labels        [label or its hash, key] → ''
 *   transcripts   [sessionId, index] → line    transcript-starts   sessionId → index    archives   name → archive
 *   blobs         [blob, n] → nth piece        blob-names   [blob, who names it] → ''
 *   runs          runId → run              open-runs     runId → ''      ended-runs  [endedAt, runId] → ''
 *   usage         [date, agentId, provider, model] → sums
 *   devices       deviceId → device        pairings      requestId → request
 *   cron-jobs     jobId → job            cron-log      [jobId, n] → entry    cron-log-size jobId → {first, next, bytes}
 *                                        cron-log-all  [ts, jobId, n] → ''
 *   trial         '' → bytes that are of no use
 *
 * Those of chat networks are listed in `embedded-channels.ts`.
 */
import { join } from 'node:path';
import { open, type Database, type Key, type RootDatabase } from 'lmdb';
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
import { BLOBS, type BlobTable } from '../../shared/store/blob-table.js';
import { TRANSCRIPT_STARTS } from '../../shared/store/transcript-reader.js';
import { giveFile, makePrivateDir } from '../../shared/private-file.js';
import { toError } from '../../shared/to-error.js';
import { openCronTables, type CronTables } from './cron-tables.js';
import { checkStoreFile } from './check-file.js';
import { openChannelTables, type ChannelTables } from './embedded-channels.js';
import { createNamedBlobs, type BlobNames, type NamedBlobs } from './named-blobs.js';
import { StoreError } from './store.js';

/** Date, agent, provider, model. */
export type UsageKey = [string, string, string, string];

export interface Tables {
  readonly root: RootDatabase<unknown, string>;
  readonly sessions: Database<SessionEntry, SessionKey>;
  /** Sessions that are not archived, and those that are. */
  readonly byUpdated: Database<string, [number, SessionKey]>;
  readonly archived: Database<string, [number, SessionKey]>;
  readonly sessionIds: Database<SessionKey, string>;
  readonly labels: Database<string, [string, SessionKey]>;
  readonly transcripts: Database<TranscriptEntry, [string, number]>;
  readonly starts: Database<number, string>;
  readonly archives: Database<ArchivedTranscript, string>;
  readonly blobs: BlobTable;
  readonly named: NamedBlobs;
  readonly runs: Database<RunRecord, string>;
  readonly openRuns: Database<string, string>;
  readonly endedRuns: Database<string, [number, string]>;
  readonly usage: Database<DailyUsage, UsageKey>;
  readonly devices: Database<PairedDevice, string>;
  readonly pairings: Database<PairingRequest, string>;
  readonly channels: ChannelTables;
  readonly cron: CronTables;
  readonly trial: Database<Uint8Array, string>;
}

/** @throws StoreError when what is there cannot be read */
export function openTables(path: string): Tables {
  try {
    checkStoreFile(join(path, 'data.mdb'));
    makePrivateDir(path);
    const root = open<unknown, string>({ path, maxDbs: 64, encoding: 'msgpack' });
    for (const name of ['data.mdb', 'lock.mdb']) giveFile(join(path, name));
    const table = <V, K extends Key>(name: string): Database<V, K> => root.openDB<V, K>({ name });
    const blobs: BlobTable = root.openDB({ name: BLOBS, encoding: 'binary' });
    const blobNames: BlobNames = table('blob-names');
    return {
      root,
      blobs,
      named: createNamedBlobs(blobs, blobNames),
      sessions: table('sessions'),
      byUpdated: table('by-updated'),
      archived: table('archived'),
      sessionIds: table('session-ids'),
      labels: table('labels'),
      transcripts: table('transcripts'),
      starts: table(TRANSCRIPT_STARTS),
      archives: table('archives'),
      runs: table('runs'),
      openRuns: table('open-runs'),
      endedRuns: table('ended-runs'),
      usage: table('usage'),
      devices: table('devices'),
      pairings: table('pairings'),
      channels: openChannelTables(table),
      cron: openCronTables(root),
      trial: root.openDB({ name: 'trial', encoding: 'binary' }),
    };
  } catch (caught) {
    const error = toError(caught);
    throw new StoreError(`cannot open the store ${path}: ${error.message}`, error);
  }
}
