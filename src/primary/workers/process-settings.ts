/** What a worker process keeps of the snapshot with which it began, whatever comes after it (config.md §12 «rolling»). */
import type { WorkerSnapshot } from '../../shared/ipc.js';

export type ProcessSettings = Pick<WorkerSnapshot, 'version' | 'apiThreads' | 'maxQueue'> & {
  readonly toolThreads: number;
};

export function settingsOf({ version, apiThreads, maxQueue, tools }: WorkerSnapshot): ProcessSettings {
  return { version, apiThreads, maxQueue, toolThreads: tools.threads };
}

/** Apart from what a process can be told later. */
export function areAlike(a: ProcessSettings, b: ProcessSettings): boolean {
  return a.apiThreads === b.apiThreads && a.maxQueue === b.maxQueue && a.toolThreads === b.toolThreads;
}
