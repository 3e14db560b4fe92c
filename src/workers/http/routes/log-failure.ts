/** A line in the log for a request whose work failed. What its sender got wrong is nobody else's business. */
import type { Logger } from '../../../shared/log/logger.js';
import type { TaskSummary } from '../../threads/protocol.js';

export interface FailureWords {
  /** What was asked for. */
  readonly noun: string;
  /** The event's name. */
  readonly failed: string;
}

export function logFailure(
  log: Logger,
  { noun, failed }: FailureWords,
  { error, cause, turn }: TaskSummary,
): void {
  if (error === undefined || error === 'invalidRequest') return;
  const level = error === 'aborted' ? 'debug' : 'warn';
  const model = turn ? `${turn.provider}/${turn.model}` : undefined;
  log[level](failed, `${noun} failed: ${error}${cause ? ` (${cause})` : ''}`, { error, model });
}
