/** `config.set`, `config.apply` and `config.patch`, as far as the file goes (methods.md §6). */
import { isRecord } from '../../shared/is-record.js';
import { parseText, readSource } from '../../shared/config/read/source.js';
import { redactConfig } from '../../shared/config/redact/value.js';
import { ConfigWriteError } from '../../shared/config/write/error.js';
import { writeConfig, type ConfigChange } from '../../shared/config/write/write-config.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import type { ConfigPlace } from './config-place.js';

export interface WriteTask {
  readonly place: ConfigPlace;
  readonly method: 'config.set' | 'config.apply' | 'config.patch';
  readonly raw: string;
  readonly baseHash: string | undefined;
  readonly replacePaths?: readonly string[] | undefined;
}

export interface WriteResult {
  /** JSON text of an object; what became of it is still to be said. */
  readonly payload: string;
  /** False when there was nothing to change. */
  readonly written: boolean;
  readonly changedPaths: readonly string[];
}

/** @throws ConfigWriteError */
export async function writeAsAsked(task: WriteTask): Promise<WriteResult> {
  const { place, baseHash } = task;
  const { exists, text } = readSource(place);
  if (exists && text === undefined)
    throw refused('config base hash unavailable; re-run config.get and retry');
  if (exists && baseHash === undefined)
    throw refused('config base hash required; re-run config.get and retry');
  const base = baseHash === undefined ? {} : { baseHash };
  const { written, changedPaths, loaded } = await writeConfig({ ...place, ...base, change: changeOf(task) });
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
  if (!(error instanceof ConfigWriteError)) return { code: 'UNAVAILABLE', message: error.message };
  const { message, problem, issues } = error;
  if (problem === 'locked') return { code: 'UNAVAILABLE', message, retryable: true };
  return { code: 'INVALID_REQUEST', message, ...(issues.length > 0 ? { details: { issues } } : {}) };
}
