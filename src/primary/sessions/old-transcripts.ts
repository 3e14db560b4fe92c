/**
 * Removes lines that no session shows: those of archives that are old enough, and those that nothing names. Of a session
 * that lives on, what it shows is never touched; images go with the last line that names them.
 */
import { setImmediate as pause } from 'node:timers/promises';
import { maintenanceLimits } from '../../shared/session-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { ArchivedTranscript } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';
import { createRemovalTally, type RemovalTally } from './removal-tally.js';
import type { Sessions } from './sessions.js';

export interface RemovalOptions {
  readonly sessions: Sessions;
  /** What was archived, or said last, before this time goes; milliseconds since the epoch. */
  readonly cutoff: number;
  /** Only logs. */
  readonly dryRun: boolean;
  readonly log: Logger;
  stopped(): boolean;
}

export async function removeOldTranscripts(options: RemovalOptions): Promise<void> {
  const tally = createRemovalTally('transcripts', options.log);
  await removeArchives(options, tally);
  await removeNameless(options, tally);
  tally.log();
}

async function removeArchives(options: RemovalOptions, tally: RemovalTally): Promise<void> {
  const { sessions, cutoff, dryRun } = options;
  const { transcripts } = sessions.store;
  const limit = maintenanceLimits.page;
  for (let after: string | undefined; ;) {
    const archives = await transcripts.archives(after, limit);
    for (const archive of archives) {
      if (options.stopped()) return;
      const { name, archivedAt, sessionKey } = archive;
      if (archivedAt >= cutoff) continue;
      if (dryRun) tally.add(name);
      else await sessions.exclusive(sessionKey, () => removeArchive(archive, options));
    }
    after = archives.at(-1)?.name;
    if (archives.length < limit) return;
    await pause();
  }
}

/** The name goes last: should the gateway stop in between, it is found again. */
async function removeArchive(archive: ArchivedTranscript, options: RemovalOptions): Promise<void> {
  const { name, sessionId, archivedAt } = archive;
  const { store } = options.sessions;
  const end = await store.transcripts.length(sessionId);
  const others = (await store.transcripts.archivesOf(sessionId)).filter((other) => other.name !== name);
  const kept: Lines[] = others.map(({ from, to = end }) => ({ from, to }));
  if ((await store.sessions.keyOf(sessionId)) !== undefined)
    kept.push({ from: 0, to: 1 }, { from: await store.transcripts.start(sessionId), to: end });
  let lines: Lines[] = [{ from: archive.from, to: archive.to ?? end }];
  for (const one of kept) lines = lines.flatMap((some) => without(some, one));
  for (const some of lines) if (!(await drop(sessionId, some, options))) return;
  await store.commit([{ type: 'drop-archive', name }]);
  options.log.info('transcript.removed', `${name} was removed`, { name, sessionId, archivedAt });
}

/** Transcripts that no session and no archive has, such as those of sessions that were deleted without an archive. */
async function removeNameless(options: RemovalOptions, tally: RemovalTally): Promise<void> {
  const { cutoff, dryRun, log } = options;
  const { store } = options.sessions;
  const limit = maintenanceLimits.page;
  for (let after: string | undefined; ;) {
    const ids = await store.transcripts.ids(after, limit);
    for (const sessionId of ids) {
      if (options.stopped()) return;
      if ((await store.sessions.keyOf(sessionId)) !== undefined) continue;
      if ((await store.transcripts.archivesOf(sessionId)).length > 0) continue;
      const to = await store.transcripts.length(sessionId);
      const [last] = await store.transcripts.read(sessionId, to - 1, to);
      const saidAt = Date.parse(last?.entry.timestamp ?? '');
      // A time that cannot be read is no reason to remove anything.
      if (!(saidAt < cutoff)) continue;
      if (dryRun) tally.add(sessionId);
      else if (await drop(sessionId, { from: 0, to }, options))
        log.info('transcript.removed', `${sessionId}, which nothing named, was removed`, {
          sessionId,
          saidAt,
        });
    }
    after = ids.at(-1);
    if (ids.length < limit) return;
    await pause();
  }
}

/** `from` (included) to `to` (excluded). */
interface Lines {
  readonly from: number;
  readonly to: number;
}

function without({ from, to }: Lines, other: Lines): Lines[] {
  return [
    { from, to: Math.min(to, other.from) },
    { from: Math.max(from, other.to), to },
  ].filter((lines) => lines.from < lines.to);
}

/** From the end on, so that what is left is a transcript still. False when the gateway stops meanwhile. */
async function drop(sessionId: string, { from, to }: Lines, options: RemovalOptions): Promise<boolean> {
  const { store } = options.sessions;
  for (let end = to; end > from; end -= maintenanceLimits.lines) {
    if (options.stopped()) return false;
    const change: Change = {
      type: 'drop-lines',
      sessionId,
      from: Math.max(from, end - maintenanceLimits.lines),
      to: end,
    };
    await store.commit([change]);
    await pause();
  }
  return true;
}
