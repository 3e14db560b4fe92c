/**
 * For the processes that the load test starts: say one thing to the parent, and do not outlive it. Started by hand, without
 * a parent's channel, a process simply runs until it is stopped.
 */

/** Prints one JSON line on stdout; resolves when it is written. */
export function announce(value: unknown): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(value)}\n`, () => resolve());
  });
}

/** Ends this process when the parent is gone, however it went. */
export function endWithParent(): void {
  if (process.connected) process.once('disconnect', () => process.exit(0));
}
