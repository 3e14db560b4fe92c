/**
 * Reads the config anew and says what became different, in the config thread: all that grows with the files is done there.
 * The config that the gateway runs with goes along packed, so that the event loop copies bytes and nothing else.
 */
import { deserialize, serialize } from 'node:v8';
import type { ConfigFlags } from '../../shared/config/complete.js';
import { loadSource, type GatewayConfig, type LoadedConfig } from '../../shared/config/load.js';
import { formatPath } from '../../shared/config/path.js';
import { describeIssue, readSource } from '../../shared/config/read/source.js';
import { keepValues } from '../../shared/config/reload/keep.js';
import { changedPaths, reloadPlan, type ReloadPlan } from '../../shared/config/reload/plan.js';
import type { ReloadSettings } from '../../shared/config/reload/settings.js';
import type { Environment } from '../../shared/paths.js';
import type { ConfigPlace } from './config-snapshot.js';

/** What the gateway runs with. */
export interface RunningConfig {
  readonly config: GatewayConfig;
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
}

export interface ReadTask {
  readonly place: ConfigPlace;
  readonly flags: ConfigFlags;
  /** Revision that was read last. */
  readonly known: string;
  readonly running: Uint8Array;
}

export type ConfigReading = { readonly files: readonly string[] } & (
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid'; readonly revision: string; readonly why: string }
  | ValidReading
);

export interface ValidReading {
  readonly kind: 'valid';
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

/** Problems that are told; a broken file may have many. */
const TOLD = 5;

export function packed(running: RunningConfig): Uint8Array {
  return serialize(running);
}

export function runningConfig({ config, env }: LoadedConfig): RunningConfig {
  return { config, env };
}

export function readConfig({ place, flags, known, running }: ReadTask): ConfigReading {
  const { path, env, imported } = place;
  const source = readSource({ path, env });
  const { files, revision, exists, hash } = source;
  if (revision === known) return { kind: 'unchanged', files };
  if (!exists) return { kind: 'missing', files };
  const loaded = loadSource(source, { path, env, flags, askLoginShell: () => imported });
  if (!loaded.ok) return { kind: 'invalid', revision, files, why: reasons(loaded.issues.map(describeIssue)) };

  const before = deserialize(running) as RunningConfig;
  const written = runningConfig(loaded);
  const changed = changedPaths(compared(before), compared(written));
  const settings = written.config.gateway.reload;
  const plan = reloadPlan(changed, settings.mode);
  const ignored = new Set(plan.ignored);
  const kept = changed.filter((at) => ignored.has(formatPath(at)));
  const next = { config: keepValues(before.config, written.config, kept), env: written.env };
  const warnings = loaded.warnings.map(describeIssue);
  return { kind: 'valid', revision, hash, files, settings, plan, next, packed: packed(next), warnings };
}

/** As one tree, with the names that things have in the file. */
function compared({ config, env }: RunningConfig): object {
  return { ...config, env };
}

function reasons(all: readonly string[]): string {
  const more = all.length > TOLD ? `; and ${all.length - TOLD} more` : '';
  return `${all.slice(0, TOLD).join('; ')}${more}`;
}
