/**
 * `${NAME}` in config strings (config.md §4.2). A name that is missing or empty leaves the value unset,
 * with a warning that names its path: a gateway must not run with the literal text as a secret.
 */
import type { Environment } from '../paths.js';
import type { Problem } from '../schema.js';
import { formatPath, type ConfigPath } from './path.js';
import { valueOf, type ConfigNode } from './read/node.js';

export interface Substitution {
  readonly value: unknown;
  readonly warnings: readonly Problem[];
  /** Strings that named variables, as they are written, by their path. */
  readonly written: ReadonlyMap<string, string>;
}

const pattern = /\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g;

/** @param kept paths of what stays as it is written */
export function substituteEnvironment(
  root: ConfigNode,
  env: Environment,
  kept: ReadonlySet<string> = new Set(),
): Substitution {
  const warnings: Problem[] = [];
  const written = new Map<string, string>();
  const walk = (node: ConfigNode, path: ConfigPath): unknown => {
    if (kept.size > 0 && kept.has(formatPath(path))) return asWritten(node, path);
    switch (node.kind) {
      case 'object': {
        const entries = [...node.entries].map(([key, entry]) => [key, walk(entry, [...path, key])] as const);
        return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
      }
      case 'list':
        return node.items
          .map((item, index) => walk(item, [...path, index]))
          .filter((entry) => entry !== undefined);
      case 'scalar':
        return typeof node.value === 'string' ? text(node.value, path) : node.value;
    }
  };
  const asWritten = (node: ConfigNode, path: ConfigPath): unknown => {
    if (node.kind === 'scalar' && typeof node.value === 'string') written.set(formatPath(path), node.value);
    return valueOf(node);
  };
  const text = (value: string, path: ConfigPath): string | undefined => {
    if (!value.includes('${')) return value;
    const { replaced, missing, named } = substituteText(value, env);
    if (named) written.set(formatPath(path), value);
    if (missing === undefined) return replaced;
    warnings.push({
      path: formatPath(path),
      message: `environment variable ${missing} is not set; the value counts as unset`,
    });
    return undefined;
  };
  return { value: walk(root, []), warnings, written };
}

interface SubstitutedText {
  readonly replaced: string;
  /** A variable that is not set. */
  readonly missing: string | undefined;
  /** Any variable, or an escape of one, is in it. */
  readonly named: boolean;
}

export function substituteText(value: string, env: Environment): SubstitutedText {
  let missing: string | undefined;
  let named = false;
  const replaced = value.replaceAll(pattern, (whole, escaped: string, name: string) => {
    named = true;
    if (escaped) return whole.slice(1);
    const found = env[name];
    if (!found) missing = name;
    return found ?? '';
  });
  return { replaced, missing, named };
}

/** The names of all variables that a config takes values from. */
export function variablesIn(root: ConfigNode): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (node: ConfigNode): void => {
    if (node.kind === 'object') {
      const { source, id } = Object.fromEntries(node.entries) as Readonly<
        Record<string, ConfigNode | undefined>
      >;
      if (isText(source, 'env') && id?.kind === 'scalar' && typeof id.value === 'string') names.add(id.value);
      for (const entry of node.entries.values()) walk(entry);
    } else if (node.kind === 'list') {
      node.items.forEach(walk);
    } else if (typeof node.value === 'string') {
      for (const [, escaped, name] of node.value.matchAll(pattern)) if (!escaped && name) names.add(name);
    }
  };
  walk(root);
  return names;
}

function isText(node: ConfigNode | undefined, text: string): boolean {
  return node?.kind === 'scalar' && node.value === text;
}
