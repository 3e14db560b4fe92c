/** `config.set`, `config.apply` and `config.patch`, as far as the file goes (methods.md §6). */
import { isRecord } from '../../shared/is-record.js';
import { parseText, readSource } from '../../shared/config/read/source.js';
import { redactConfig } from '../../shared/config/redact/value.js';
import { ConfigWriteError } from '../../shared/config/write/error.js';
import { writeConfig, type ConfigChange, type WriteRequest } from '../../shared/config/write/write-config.js';
import type { SecretsConfig } from '../../shared/config/secrets-schema.js';
import type { Environment } from '../../shared/paths.js';
import { RefusedWrite } from '../../shared/refused-write.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import type { ConfigPlace } from './config-place.js';
import { runningConfig, type AuthFlags } from './running-config.js';

export interface WriteTask {
  readonly place: ConfigPlace;
  readonly method: 'config.set' | 'config.apply' | 'config.patch';
  readonly raw: string;
  readonly baseHash: string | undefined;
  readonly replacePaths?: readonly string[] | undefined;
  /** Of the gateway's command line: they say which secrets a config needs. */
  readonly flags: AuthFlags;
  /** The secrets that it would need are there. */
  readonly checked?: boolean;
}

/** What has to be there before anything is written. */
export interface NeededSecrets {
  readonly refs: readonly JudgedRef[];
  readonly secrets: SecretsConfig;
  readonly env: Environment;
}

export interface WriteResult {
  /** JSON text of an object; what became of it is still to be said. */
  readonly payload: string;
  /** False when there was nothing to change. */
  readonly written: boolean;
  readonly changedPaths: readonly string[];
}

/** Writes, or says which secrets have to be there first (secrets.md §6). @throws ConfigWriteError */
export async function writeAsAsked(task: WriteTask): Promise<WriteResult | NeededSecrets> {
  const { place, baseHash, flags } = task;
  const { exists, text } = readSource(place);
  if (exists && text === undefined)
    throw refused('config base hash unavailable; re-run config.get and retry');
  if (exists && baseHash === undefined)
    throw refused('config base hash required; re-run config.get and retry');
  const base = baseHash === undefined ? {} : { baseHash };
  const request = { ...place, ...base, change: changeOf(task) };
  const needed = task.checked === true ? undefined : await neededBy(request, flags);
  if (needed) return needed;
  const { written, changedPaths, loaded } = await writeConfig(request);
  const noop = written ? {} : ({ noop: true } as const);
  const payload = JSON.stringify({
    ok: true,
    ...noop,
    path: place.path,
    hash: loaded.source.hash,
    config: redactConfig(loaded.resolved, loaded.written),
    changedPaths,
  });
  return { payload, written, changedPaths };
}

async function neededBy(request: WriteRequest, flags: AuthFlags): Promise<NeededSecrets | undefined> {
  try {
    const { loaded, changedPaths } = await writeConfig({ ...request, dryRun: true });
    if (changedPaths.length === 0) return undefined;
    const { config, refs, env } = runningConfig(loaded, flags);
    const needed = refs.filter(({ active }) => active);
    return needed.length === 0 ? undefined : { refs: needed, secrets: config.secrets, env };
  } catch {
    return undefined; // what is wrong with it, the write itself says
  }
}

function changeOf({ method, raw, replacePaths = [] }: WriteTask): ConfigChange {
  if (method !== 'config.patch') return { kind: 'text', text: raw };
  const patch = parsedPatch(raw);
  if (!isRecord(patch)) throw refused('config.patch raw must be an object');
  return { kind: 'patch', patch, replacePaths };
}

function parsedPatch(raw: string): unknown {
  try {
    return parseText(raw);
  } catch {
    return undefined;
  }
}

function refused(message: string): ConfigWriteError {
  return new ConfigWriteError('refused', message);
}

export function errorOf(error: Error): ErrorShape {
  if (error instanceof RefusedWrite) return { code: 'UNAVAILABLE', message: error.message, retryable: true };
  if (!(error instanceof ConfigWriteError)) return { code: 'UNAVAILABLE', message: error.message };
  const { message, problem, issues } = error;
  if (problem === 'locked') return { code: 'UNAVAILABLE', message, retryable: true };
  return { code: 'INVALID_REQUEST', message, ...(issues.length > 0 ? { details: { issues } } : {}) };
}
