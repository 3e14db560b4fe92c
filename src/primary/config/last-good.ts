/** A config that a gateway came up with is kept, for the day on which the file is broken (config.md §6). */
import type { LoadedConfig } from '../../shared/config/load.js';
import { keepLastGood } from '../../shared/config/write/keep.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';

export function keepAsLastGood({ source }: LoadedConfig, log: Logger): void {
  if (source.text === undefined) return;
  try {
    keepLastGood(source.path, source.text);
  } catch (caught) {
    log.warn(
      'config.last-good',
      `the config could not be kept as the last good one: ${toError(caught).message}`,
    );
  }
}
