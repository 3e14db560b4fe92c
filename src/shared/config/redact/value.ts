/** A config without its secrets, and back: what somebody got, changed and sent again (methods.md §6). */
import { isRecord } from '../../is-record.js';
import { formatPath, type ConfigPath } from '../path.js';
import { isSecretRef, isSensitive, REDACTED, shownScalar } from './sensitive.js';

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

/** Retired, and still sent by clients of another program. */
const historic = '__OPENCLAW_REDACTED__';

/** True for a text that is, or has in it, what stands for a secret. */
export function isRedacted(value: unknown): value is string {
  return typeof value === 'string' && (value.includes(REDACTED) || value === historic);
}
