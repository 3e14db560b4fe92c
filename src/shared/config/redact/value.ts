/** A config without its secrets (config.md §13). */
import { isRecord } from '../../is-record.js';
import { formatPath, type ConfigPath } from '../path.js';
import { isSecretRef, isSensitive, shownScalar } from './sensitive.js';

/** @param written strings that named variables, by their path: those that are nothing else are shown as written */
export function redactConfig(value: unknown, written: ReadonlyMap<string, string> = new Map()): unknown {
  const walk = (node: unknown, path: ConfigPath, within: boolean): unknown => {
    const sensitive = within || isSensitive(path);
    if (Array.isArray(node))
      return node.map((item: unknown, index) => walk(item, [...path, index], sensitive));
    if (isRecord(node)) {
      if (isSecretRef(node)) return node;
      return Object.fromEntries(
        Object.entries(node).map(([key, entry]) => [key, walk(entry, [...path, key], sensitive)]),
      );
    }
    if (sensitive) {
      const text = written.get(formatPath(path));
      if (text !== undefined) return shownScalar(text, true);
    }
    return shownScalar(node, sensitive);
  };
  return walk(value, [], false);
}
