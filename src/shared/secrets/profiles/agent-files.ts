/** Where agents keep credentials of their own (secrets.md §9). */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of every agent that has one, by the agent's id. */
export function agentFolders(stateDir: string): ReadonlyMap<string, string> {
  try {
    const entries = readdirSync(join(stateDir, 'agents'), { withFileTypes: true });
    return new Map(
      entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => [name, agentFolder(stateDir, name)] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  } catch {
    return new Map(); // there are no agents with files
  }
}

export function agentFolder(stateDir: string, agentId: string): string {
  return join(stateDir, 'agents', agentId, 'agent');
}

export function profilesFile(folder: string): string {
  return join(folder, 'auth-profiles.json');
}

/** Of older programs; nothing here reads it to use it. */
export function legacyFile(folder: string): string {
  return join(folder, 'auth.json');
}
