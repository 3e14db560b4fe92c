/** A config without its secrets (config.md §13), and the secrets that are left out. */
import { isRecord } from '../../is-record.js';
import { formatPath, type ConfigPath } from '../path.js';
import { isSecretRef, isSensitive, shownScalar, urlSecrets } from './sensitive.js';

/** @param written strings that named variables, by their path: those that are nothing else are shown as written */
export function redactConfig(value: unknown, written: ReadonlyMap<string, string> = new Map()): unknown {
  return withScalars(value, (node, path, sensitive) => {
    if (sensitive) {
      const text = written.get(formatPath(path));
      if (text !== undefined) return shownScalar(text, true);
    }
    return shownScalar(node, sensitive);
  });
}

/** Of a config in which variables have been replaced: what must appear nowhere else. */
export function configSecrets(value: unknown): readonly string[] {
  const found: string[] = [];
  withScalars(value, (node, _path, sensitive) => {
    if (typeof node === 'string') found.push(...(sensitive ? [node] : []), ...urlSecrets(node));
    return node;
  });
  return found;
}

type Scalar = (node: unknown, path: ConfigPath, sensitive: boolean) => unknown;

function withScalars(value: unknown, scalar: Scalar): unknown {
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
    return scalar(node, path, sensitive);
  };
  return walk(value, [], false);
}
