/** A child process that must not outlive this command, however that ends but by SIGKILL. */
import type { ChildProcess } from 'node:child_process';

/**
 * Gives what ends the child now.
 *
 * @param signals those that end this command
 */
export function endsWithUs(
  child: ChildProcess,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'],
): () => void {
  const end = (): void => void child.kill('SIGTERM');
  const onSignal = (signal: NodeJS.Signals): void => {
    end();
    // Who listens as well ends the command in its own way; without us the signal would have done it.
    const alone = process.listenerCount(signal) === 1;
    forget();
    if (alone) process.kill(process.pid, signal);
  };
  const forget = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
    process.off('exit', end);
  };
  for (const signal of signals) process.on(signal, onSignal);
  process.once('exit', end);
  child.once('close', forget);
  return end;
}
