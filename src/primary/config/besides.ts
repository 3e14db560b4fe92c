/**
 * What the files say and the gateway's own config does not have: keys that have no effect, and values that a flag or a
 * variable stands in for. Who edits them is told what becomes of the change as of any other (config.md §12.1).
 */
import { keepValues } from '../../shared/config/reload/keep.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import { configTree, type SchemaNode } from '../../shared/config/tree.js';
import { unsupported, upcoming } from '../../shared/config/upcoming.js';
import { valueAt } from '../../shared/secrets/config-refs.js';

const withoutEffect = [...Object.keys(upcoming), ...Object.keys(unsupported)].map((path) => path.split('.'));

/** Those that have a flag or a variable. */
const replaceable = replaceableIn(configTree, []);

function replaceableIn(node: SchemaNode, path: readonly string[]): (readonly string[])[] {
  if (node.kind === 'branch')
    return [...node.children].flatMap(([key, child]) => replaceableIn(child, [...path, key]));
  return node.kind === 'leaf' && (node.env ?? node.flag) !== undefined ? [path] : [];
}

/** @param document what is in the files, without defaults */
export function besides(document: unknown, config: GatewayConfig): object {
  const isElsewhere = (path: readonly string[]): boolean => valueAt(config, path) !== undefined;
  const isReplaced = (path: readonly string[]): boolean => {
    const written = valueAt(document, path);
    return written !== undefined && written !== valueAt(config, path);
  };
  const paths = [...withoutEffect.filter((path) => !isElsewhere(path)), ...replaceable.filter(isReplaced)];
  return keepValues<object>(document as object, {}, paths);
}
