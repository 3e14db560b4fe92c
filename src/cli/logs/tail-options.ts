/** What `pllan logs` was asked for (cli.md §8). */
import { logTailLimits } from '../../shared/log/limits.js';
import type { TailRequest } from '../../shared/log/tail.js';
import type { ParsedOptions } from '../command.js';
import { clientLimits, followLimits } from '../limits.js';
import { readTimeoutMs } from '../option-values.js';
import { UserError } from '../user-error.js';
import type { Clock } from './log-line.js';

export interface LogWishes {
  readonly first: TailRequest;
  readonly follow: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly json: boolean;
  readonly plain: boolean;
  readonly clock: Clock;
}

/** @throws UserError */
export function readLogWishes(options: ParsedOptions): LogWishes {
  if (options.flag('utc') && options.flag('local-time'))
    throw new UserError('Use either --utc or --local-time.');
  const { most } = logTailLimits;
  const number = (name: string, preset: number, max: number): number => {
    const text = options.text(name);
    if (text === undefined) return preset;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > max)
      throw new UserError(`Invalid --${name} (use a number from 1 to ${max})`);
    return value;
  };
  const timeout = options.text('timeout');
  return {
    first: {
      limit: number('limit', followLimits.lines, most.lines),
      maxBytes: number('max-bytes', logTailLimits.defaults.bytes, most.bytes),
    },
    follow: options.flag('follow'),
    intervalMs: number('interval', followLimits.intervalMs, clientLimits.maxTimeoutMs),
    timeoutMs: timeout === undefined ? followLimits.timeoutMs : readTimeoutMs(timeout),
    json: options.flag('json'),
    plain: options.flag('plain'),
    clock: options.flag('utc') ? 'utc' : 'local',
  };
}
