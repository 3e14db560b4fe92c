/**
 * Reads the config anew and says what became different, in the config thread: all that grows with the files is done there.
 * The config that the gateway runs with goes along packed, so that the event loop copies bytes and nothing else.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import type { ConfigFlags } from '../../shared/config/complete.js';
import { loadSource } from '../../shared/config/load.js';
import { formatPath, type ConfigPath } from '../../shared/config/path.js';
import { describeIssue, readSource } from '../../shared/config/read/source.js';
import { keepValues } from '../../shared/config/reload/keep.js';
import { changedPaths, reloadPlan, type ReloadPlan } from '../../shared/config/reload/plan.js';
import type { ReloadSettings } from '../../shared/config/reload/settings.js';
import type { Environment } from '../../shared/paths.js';
import { secretLimits } from '../../shared/secrets/limits.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import type { RouteTable } from '../../shared/routes.js';
import { withSecrets } from '../../shared/secrets/with-secrets.js';
import { environmentDigest, type ConfigPlace } from './config-place.js';
import { buildRoutes } from './routes.js';
import { hasSecretRoutes, runningConfig, type AuthFlags, type RunningConfig } from './running-config.js';

export interface ReadTask {
  readonly place: ConfigPlace;
  readonly flags: ReadFlags;
  /** Key of what was read last. */
  readonly known: string;
  readonly running: Uint8Array;
}

/** Of the command line. */
export interface ReadFlags {
  readonly config: ConfigFlags;
  readonly model: string | undefined;
  readonly auth: AuthFlags;
}

export type ConfigReading = { readonly files: readonly string[] } & (
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid'; readonly key: string; readonly why: string }
  | ValidReading
);

export interface ValidReading {
  readonly kind: 'valid';
  /** See `readingKey`. */
  readonly key: string;
  readonly revision: string;
  /** Of the config file alone. */
  readonly hash: string;
  readonly settings: ReloadSettings;
  readonly plan: ReloadPlan;
  /** With the values before where the plan ignores a change. */
  readonly next: RunningConfig;
  readonly packed: Uint8Array;
  readonly warnings: readonly string[];
}

/** On its way from the thread to the event loop, which takes it apart piece by piece. */
export type PackedReading = Exclude<ConfigReading, { readonly kind: 'valid' }> | PackedValidReading;

type PackedValidReading = Omit<ValidReading, 'next'> & {
  readonly files: readonly string[];
  readonly routes: Uint8Array | undefined;
};

export function packReading(reading: ConfigReading): PackedReading {
  if (reading.kind !== 'valid') return reading;
  const { next, ...rest } = reading;
  return { ...rest, routes: next.routes && serialize(next.routes) };
}

export async function unpackReading(reading: PackedReading): Promise<ConfigReading> {
  if (reading.kind !== 'valid') return reading;
  const { routes, ...rest } = reading;
  const next = deserialize(reading.packed) as RunningConfig;
  await nextTurn();
  if (!routes) return { ...rest, next };
  const made = deserialize(routes) as RouteTable;
  await nextTurn();
  return { ...rest, next: { ...next, routes: made } };
}

/** Problems that are told; a broken file may have many. */
const TOLD = 5;

export function packed(running: RunningConfig): Uint8Array {
  return serialize(running);
}

/** What is equal as long as neither files nor variables change. */
export function readingKey(revision: string, env: Environment): string {
  return `${revision} ${environmentDigest(env)}`;
}

export function readConfig({ place, flags, known, running }: ReadTask): ConfigReading {
  const { path, env, imported } = place;
  const source = readSource({ path, env });
  const { files, revision, exists, hash } = source;
  const key = readingKey(revision, env);
  if (key === known) return { kind: 'unchanged', files };
  if (!exists) return { kind: 'missing', files };
  const loaded = loadSource(source, { path, env, flags: flags.config, askLoginShell: () => imported });
  if (!loaded.ok) return { kind: 'invalid', key, files, why: reasons(loaded.issues.map(describeIssue)) };

  const before = deserialize(running) as RunningConfig;
  const written = runningConfig(loaded, flags.auth);
  const changed = changes(before, written);
  const settings = written.config.gateway.reload;
  const plan = reloadPlan(changed, settings.mode);
  const ignored = new Set(plan.ignored);
  const next = keepParts(
    before,
    written,
    changed.filter((at) => ignored.has(formatPath(at))),
  );
  const warnings = loaded.warnings.map(describeIssue);
  const bytes = packed(next);
  const made = withRoutes(next, flags.model);
  return { kind: 'valid', key, revision, hash, files, settings, plan, next: made, packed: bytes, warnings };
}

/** What is wrong with them is told where they are needed. */
function withRoutes(next: RunningConfig, model: string | undefined): RunningConfig {
  if (hasSecretRoutes(next)) return next;
  try {
    return { ...next, routes: buildRoutes({ ...next, model, version: 0 }) };
  } catch {
    return next;
  }
}

function changes(before: RunningConfig, written: RunningConfig): ConfigPath[] {
  const inForce = changedPaths(compared(before), compared(written));
  const known = new Set(inForce.map(formatPath));
  const beside = changedPaths(before.besides, written.besides);
  return [...inForce, ...beside.filter((path) => !known.has(formatPath(path)))];
}

/** As one tree, with the names that things have in the file; refs stand where their values will. */
function compared({ config, refs, env }: RunningConfig): object {
  const named = new Map(refs.map(({ path, ref }) => [path, JSON.stringify(ref)] as const));
  return { ...withSecrets(config, refs, named), env };
}

function keepParts(before: RunningConfig, next: RunningConfig, kept: readonly ConfigPath[]): RunningConfig {
  if (kept.length === 0) return next;
  const isKept = ({ segments }: JudgedRef): boolean =>
    kept.some((at) => at.every((part, n) => n >= segments.length || String(part) === segments[n]));
  return {
    config: keepValues(before.config, next.config, kept),
    refs: [...before.refs.filter(isKept), ...next.refs.filter((ref) => !isKept(ref))],
    env: next.env,
    besides: keepValues(before.besides, next.besides, kept),
    // What is kept may hold some of those before.
    hidden: [...new Set([...next.hidden, ...before.hidden])].slice(0, secretLimits.refs),
  };
}

function reasons(all: readonly string[]): string {
  const more = all.length > TOLD ? `; and ${all.length - TOLD} more` : '';
  return `${all.slice(0, TOLD).join('; ')}${more}`;
}
