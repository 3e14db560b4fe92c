/** The store of sessions: it can be read, to the last line where that is asked for (cli.md §12, rows 6, 8). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SessionGone, type SessionSource } from '../../../shared/stored-sessions.js';
import { displayPath } from '../../../shared/paths.js';
import { toError } from '../../../shared/to-error.js';
import { plainText } from '../../output/plain-text.js';
import type { Check, Finding } from '../finding.js';

export const sessions: Check = {
  section: 'State integrity',
  async find({ context, deep }) {
    const { env, paths, storedSessions } = context;
    const findings: Finding[] = [];
    for (const folder of olderSessions(paths.stateDir).map((dir) => displayPath(dir, paths.home)))
      findings.push({
        code: 'sessions-older-form',
        level: 'warn',
        message: `${folder}/sessions.json: sessions of an older form, which the gateway does not read.`,
        advice: `Stop the gateway, then: pllan sessions import ${folder}`,
      });
    const jobs = join(paths.stateDir, 'cron', 'jobs.json');
    if (existsSync(jobs))
      findings.push({
        code: 'cron-older-form',
        level: 'warn',
        message: `${displayPath(jobs, paths.home)}: cron jobs of an older form, which the gateway does not read.`,
        advice: 'Add those that are still wanted, with pllan cron add; then move the file away.',
      });
    if (!existsSync(join(paths.storeDir, 'data.mdb'))) return findings;
    try {
      const broken = await storedSessions.read({ env, paths }, (source) =>
        deep ? unreadable(source) : count(source),
      );
      findings.push(
        ...broken.map((message): Finding => ({
          code: 'session-unreadable',
          level: 'warn',
          message,
          advice: 'pllan sessions export <dir> keeps what can be read; then delete the session.',
        })),
      );
    } catch (caught) {
      findings.push({
        code: 'store-unreadable',
        level: 'error',
        message: `The store cannot be read: ${toError(caught).message}`,
        advice:
          'It was left as it is. Restore it from a backup, or start with: pllan gateway --allow-empty-store (which moves it aside).',
      });
    }
    return findings;
  },
};

/** Folders with an index of their own: one of all agents, or one of each. */
function olderSessions(stateDir: string): readonly string[] {
  const agents = join(stateDir, 'agents');
  const names = existsSync(agents) ? readdirSync(agents) : [];
  return [join(stateDir, 'sessions'), ...names.map((name) => join(agents, name, 'sessions'))].filter((dir) =>
    existsSync(join(dir, 'sessions.json')),
  );
}

/** It opens, which is most of what can be wrong. */
async function count(source: SessionSource): Promise<readonly string[]> {
  source.count();
  return [];
}

async function unreadable(source: SessionSource): Promise<readonly string[]> {
  const broken: string[] = [];
  for await (const { key, entry, pages } of source.each()) {
    try {
      let lines = 0;
      for await (const page of pages) lines += page.length;
      // Counted from what its transcript once had.
      if (lines === 0 && (entry.totalTokens ?? 0) > 0)
        broken.push(`The transcript of session ${plainText(key)} is missing.`);
    } catch (caught) {
      if (!(caught instanceof SessionGone))
        broken.push(`Session ${plainText(key)} cannot be read: ${toError(caught).message}`);
    }
  }
  return broken;
}
