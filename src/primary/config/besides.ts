/**
 * What the files say and the gateway's own config does not have: keys that have no effect, and values that a flag or a
 * variable stands in for. Who edits them is told what becomes of the change as of any other (config.md §12.1).
 */
import { keepValues } from '../../shared/config/reload/keep.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import { unsupported, upcoming } from '../../shared/config/upcoming.js';
import { valueAt } from '../../shared/secrets/config-refs.js';

const withoutEffect = [...Object.keys(upcoming), ...Object.keys(unsupported)];

/** Those of the schema that have a flag or a variable. */
const replaceable = [
  'gateway.port',
  'gateway.bind',
  'gateway.auth.mode',
  'gateway.handshakeTimeoutMs',
  'logging.level',
];

/** @param document what is in the files, without defaults */
export function besides(document: unknown, config: GatewayConfig): object {
  const isElsewhere = (path: readonly string[]): boolean => valueAt(config, path) !== undefined;
  const isReplaced = (path: readonly string[]): boolean => {
    const written = valueAt(document, path);
    return written !== undefined && written !== valueAt(config, path);
  };
  const split = (paths: readonly string[]): string[][] => paths.map((path) => path.split('.'));
  const paths = [
    ...split(withoutEffect).filter((path) => !isElsewhere(path)),
    ...split(replaceable).filter(isReplaced),
  ];
  return keepValues<object>(document as object, {}, paths);
}
