/**
 * What has to be cleaned up after every test file. Files share their modules, so a hook at the top of one of these
 * would run for the first file alone: `test/setup.ts` asks here after each.
 */
const tasks: (() => unknown)[] = [];

/** For modules that keep what tests start: the task sees what is there then. */
export function afterEachFile(task: () => unknown): void {
  tasks.push(task);
}

export async function cleanUpAfterFile(): Promise<void> {
  for (const task of tasks) await task();
}
