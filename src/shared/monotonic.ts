/** Milliseconds on the one clock that all processes of a machine and their threads share; it never goes back. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
