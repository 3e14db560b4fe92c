/** From two configs to what has to be done (config.md §12.1, §12.3). Nothing here does any of it. */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../is-record.js';
import { formatPath, type ConfigPath } from '../path.js';
import type { ReloadMode } from './settings.js';
import { reloadRuleOf, type ReloadKind } from './rules.js';

/** Paths at which two configs differ: as deep as objects go in both, lists as a whole. Maps count as objects. */
export function changedPaths(before: unknown, after: unknown): ConfigPath[] {
  const walk = (old: unknown, next: unknown, path: ConfigPath): ConfigPath[] => {
    const [a, b] = [entriesOf(old), entriesOf(next)];
    if (!a || !b) return isDeepStrictEqual(old, next) ? [] : [path];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => {
      // What appears or goes as a whole is as many changes as there are in it: each may ask for something else.
      const [left, right] = [a[key], b[key]];
      if (left === undefined && entriesOf(right)) return within({}, right, [...path, key]);
      if (right === undefined && entriesOf(left)) return within(left, {}, [...path, key]);
      return walk(left, right, [...path, key]);
    });
  };
  const within = (old: unknown, next: unknown, path: ConfigPath): ConfigPath[] => {
    const inside = walk(old, next, path);
    return inside.length > 0 ? inside : [path];
  };
  return walk(before, after, []);
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value instanceof Map) return Object.fromEntries(value) as Readonly<Record<string, unknown>>;
  return isRecord(value) ? value : undefined;
}

export interface ReloadPlan {
  /** What is to be done with the edit as a whole. */
  readonly outcome: 'nothing' | 'swap' | 'apply' | 'restart';
  /** Formatted paths by kind. */
  readonly paths: Readonly<Record<ReloadKind, readonly string[]>>;
  /** Workers have to be replaced. */
  readonly rolling: boolean;
  /** Paths whose old values stay in force until somebody restarts the gateway. */
  readonly ignored: readonly string[];
}

export function reloadPlan(changed: readonly ConfigPath[], mode: ReloadMode): ReloadPlan {
  const rules = changed.map((path) => ({ path: formatPath(path), rule: reloadRuleOf(path) }));
  const ofKind = (kind: ReloadKind): string[] =>
    rules.filter(({ rule }) => rule.kind === kind).map(({ path }) => path);
  const paths = {
    none: ofKind('none'),
    hot: ofKind('hot'),
    rolling: ofKind('rolling'),
    restart: ofKind('restart'),
  };
  const live = paths.hot.length + paths.rolling.length > 0;
  const restarts = mode === 'restart' ? live || paths.restart.length > 0 : paths.restart.length > 0;
  const waits = mode === 'off' || (mode === 'hot' && paths.restart.length > 0);
  const outcome = outcomeOf({ any: changed.length > 0, live, restarts, mode });
  return {
    outcome,
    paths,
    rolling: outcome === 'apply' && paths.rolling.length > 0,
    ignored: waits ? (mode === 'off' ? rules.map(({ path }) => path) : paths.restart) : [],
  };
}

interface Facts {
  readonly any: boolean;
  readonly live: boolean;
  readonly restarts: boolean;
  readonly mode: ReloadMode;
}

function outcomeOf({ any, live, restarts, mode }: Facts): ReloadPlan['outcome'] {
  if (!any || mode === 'off') return 'nothing';
  if (restarts && mode !== 'hot') return 'restart';
  return live ? 'apply' : 'swap';
}
