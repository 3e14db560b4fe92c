/** One deadline for everything that a command asks of a gateway: connecting and calling share it. */

export interface Deadline {
  /** What was asked for; the text of the error names it. */
  readonly timeoutMs: number;
  remainingMs(): number;
}

export function deadlineIn(timeoutMs: number): Deadline {
  const end = performance.now() + timeoutMs;
  return { timeoutMs, remainingMs: () => Math.max(0, end - performance.now()) };
}
