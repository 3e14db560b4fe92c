/**
 * `${NAME}` in config strings (config.md §4.2). A name that is missing or empty leaves the value unset,
 * with a warning that names its path: a gateway must not run with the literal text as a secret.
 */
import type { Environment } from '../paths.js';

export interface Substitution {
  readonly value: unknown;
  readonly warnings: readonly string[];
}

const pattern = /\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g;

export function substituteEnvironment(root: unknown, env: Environment): Substitution {
  const warnings: string[] = [];
  const walk = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return text(value, path);
    if (Array.isArray(value)) {
      return value
        .map((entry, index) => walk(entry, `${path}[${index}]`))
        .filter((entry) => entry !== undefined);
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(
      ([key, entry]) => [key, walk(entry, path ? `${path}.${key}` : key)] as const,
    );
    return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
  };
  const text = (value: string, path: string): string | undefined => {
    let missing: string | undefined;
    const replaced = value.replaceAll(pattern, (whole, escaped: string, name: string) => {
      if (escaped) return whole.slice(1);
      const found = env[name];
      if (!found) missing = name;
      return found ?? '';
    });
    if (missing === undefined) return replaced;
    warnings.push(`${path}: environment variable ${missing} is not set; the value counts as unset`);
    return undefined;
  };
  return { value: walk(root, ''), warnings };
}
