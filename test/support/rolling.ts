/** A gateway whose workers are replaced while it works. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir, writeConfig, type TestGateway } from './gateway.js';
import { waitFor } from './wait-for.js';

/** Settings of workers; any other is replaced by its default. */
export type Workers = Readonly<Record<string, number>>;

/** A config in which those settings can be edited. */
export function withWorkers(workers: Workers, over: Readonly<Record<string, unknown>> = {}): object {
  return { ...over, gateway: { reload: { debounceMs: 50 }, workers, ...(over.gateway as object) } };
}

/** Edits them, as editors do: a new file that is moved into the place of the old one. */
export function editWorkers(
  gateway: TestGateway,
  workers: Workers,
  over: Readonly<Record<string, unknown>> = {},
): void {
  const folder = temporaryDir();
  writeConfig(folder, withWorkers(workers, over) as Readonly<Record<string, unknown>>);
  renameSync(join(folder, 'pllan.json'), join(gateway.stateDir, 'pllan.json'));
}

/** Workers that are there beside those before. */
export function newWorkers(gateway: TestGateway, before: readonly number[], count = 1): Promise<number[]> {
  return waitFor('new workers', () => {
    const others = gateway.workers().filter((pid) => !before.includes(pid));
    return others.length >= count && others;
  });
}

/** Resolves when none of them is left. */
export async function gone(
  gateway: TestGateway,
  pids: readonly number[],
  deadlineMs?: number,
): Promise<void> {
  const left = (): boolean => gateway.workers().some((pid) => pids.includes(pid));
  await waitFor('the end of the old workers', () => !left(), deadlineMs);
}

/** How many rolls have ended. */
export function rolled(gateway: TestGateway): number {
  return gateway.logLines().filter(({ event }) => event === 'workers.rolled').length;
}
