/** The config as `config.get` shows it: what is on disk now, without its secrets (methods.md §6, config.md §13). */
import { loadSource } from '../../shared/config/load.js';
import { readSource, parseText } from '../../shared/config/read/source.js';
import { redactText } from '../../shared/config/redact/text.js';
import { redactConfig } from '../../shared/config/redact/value.js';
import type { ConfigPlace } from './config-place.js';
import type { LastReload } from './reload.js';

export interface SnapshotRequest {
  readonly place: ConfigPlace;
  /** For whoever may not know where the gateway keeps things. */
  readonly shownPath: string;
  readonly appliedConfigHash: string;
  readonly lastReload: LastReload;
}

export function configSnapshot(request: SnapshotRequest): object {
  const { place, shownPath, appliedConfigHash, lastReload } = request;
  const { path, env, imported } = place;
  const source = readSource({ path, env });
  const loaded = loadSource(source, { path, env, askLoginShell: () => imported });
  return {
    path: shownPath,
    exists: source.exists,
    raw: source.text === undefined ? null : (redactText(source.text) ?? null),
    parsed: parsed(source.text),
    valid: loaded.ok,
    config: loaded.ok ? redactConfig(loaded.resolved, loaded.written) : {},
    hash: source.hash,
    issues: loaded.ok ? [] : loaded.issues,
    warnings: loaded.ok ? loaded.warnings : [],
    configRevisionHash: source.revision,
    appliedConfigHash,
    lastReload,
  };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? {} : redactConfig(parseText(text));
  } catch {
    return {}; // not JSON5, or deeper than anything that is taken: the issues say so
  }
}
