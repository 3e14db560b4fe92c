/** `pllan sessions --store <dir>`: the list of a store, in the form of `sessions.list`, without a gateway (cli.md §14). */
import { existsSync } from 'node:fs';
import { expandHome } from '../../shared/paths.js';
import { entryRow } from '../../shared/store/entry-row.js';
import type { SessionKey } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import type { CommandContext } from '../command.js';
import { UserError } from '../user-error.js';

export interface ListWishes {
  readonly agentId: string | undefined;
  readonly activeMinutes: number | undefined;
  readonly limit: number;
}

type Row = ReturnType<typeof entryRow> & { readonly updatedAt: number };

/** Those that are archived are left out, as they are where a gateway is asked. @throws UserError */
export async function storedList(
  { env, paths, storedSessions }: CommandContext,
  path: string,
  { agentId, activeMinutes, limit }: ListWishes,
): Promise<object> {
  const storeDir = expandHome(path, paths.home);
  if (!existsSync(storeDir)) throw new UserError(`--store ${path} is not there`);
  const ts = Date.now();
  const since = activeMinutes === undefined ? 0 : ts - activeMinutes * 60_000;
  const found: Row[] = [];
  try {
    await storedSessions.read({ env, paths: { ...paths, storeDir } }, async (source) => {
      for await (const { key, entry } of source.each()) {
        const isMeant = agentId === undefined || key.startsWith(`agent:${agentId.toLowerCase()}:`);
        if (!isMeant || entry.archived === true || entry.updatedAt < since) continue;
        const { updatedAt, modelProvider, model } = entry;
        found.push({ ...entryRow(key as SessionKey, entry), updatedAt, modelProvider, model });
      }
    });
  } catch (caught) {
    throw new UserError(`--store ${path} cannot be read: ${toError(caught).message}`);
  }
  const sessions = found.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit);
  return {
    ts,
    path: storeDir,
    count: sessions.length,
    totalCount: found.length,
    limitApplied: limit,
    hasMore: found.length > sessions.length,
    sessions,
  };
}
