/**
 * Writes the config: for the gateway's clients and for the command line (config.md §6). Read, changed, checked, written
 * within one lock, so that nothing that was written meanwhile is lost; what would be no config is kept aside and not written.
 */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../is-record.js';
import { configLimits } from '../limits.js';
import type { Environment } from '../../paths.js';
import { toError } from '../../to-error.js';
import { loadSource, type ConfigFlags, type LoadedConfig } from '../load.js';
import { formatPath } from '../path.js';
import { valueOf } from '../read/node.js';
import { parseSource, parseText, readSource, type ConfigSource, type SourceOptions } from '../read/source.js';
import { changedPaths } from '../reload/plan.js';
import { editText } from './edit-text.js';
import { editsBetween, withEdit, type Edit } from './edits.js';
import { ConfigWriteError } from './error.js';
import { audited, keepAside, replaceFile } from './keep.js';
import { withConfigLock } from './lock.js';
import { mergePatch } from './merge-patch.js';
import { placeEdits } from './place.js';
import { restoreWritten } from './restore.js';
import { stamp } from './stamp.js';

export type ConfigChange =
  /** The file's whole new text. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'patch'; readonly patch: object; readonly replacePaths: readonly string[] }
  | { readonly kind: 'edits'; readonly edits: readonly Edit[] };

export interface WriteRequest {
  readonly path: string;
  readonly logDir: string;
  readonly env: Environment;
  /** What a login shell gave, which is not asked again. */
  readonly imported: Environment;
  /** Of whoever runs with what comes out. */
  readonly flags?: ConfigFlags;
  readonly change: ConfigChange;
  /** Hash of the file that the change was made for; without it the change counts for any. */
  readonly baseHash?: string;
  /** Check all, and write nothing. */
  readonly dryRun?: boolean;
}

export interface WrittenConfig {
  /** False when there was nothing to change, or nothing should be written. */
  readonly written: boolean;
  /** The file that the change is in. */
  readonly file: string;
  readonly changedPaths: readonly string[];
  readonly loaded: LoadedConfig;
}

/** @throws ConfigWriteError */
export function writeConfig(request: WriteRequest): Promise<WrittenConfig> {
  return withConfigLock(request.path, () => write(request));
}

function write(request: WriteRequest): WrittenConfig {
  const { path, env, imported, flags = {}, change, baseHash, dryRun = false } = request;
  const options: SourceOptions = { path, env };
  const load = (from: ConfigSource) => loadSource(from, { ...options, flags, askLoginShell: () => imported });
  const source = readSource(options);
  if (baseHash !== undefined && baseHash !== source.hash)
    throw new ConfigWriteError('conflict', 'config changed since last load; re-run config.get and retry');
  const current = load(source);
  const broken = change.kind === 'patch' ? !current.ok : source.issues.length > 0;
  if (change.kind !== 'text' && broken)
    throw new ConfigWriteError('refused', 'invalid config; fix before patching', source.issues);

  const before = valueOf(source.root);
  const { file, text, former } = nextText(source, before, change, current.ok ? current.env : env);
  const sourceOf = (changed: string): ConfigSource =>
    file === path
      ? parseSource(changed, options)
      : parseSource(source.text, { ...options, instead: new Map([[file, changed]]) });
  const after = valueOf(sourceOf(text).root);
  const changed = changedPaths(withoutMeta(before), withoutMeta(after)).map(formatPath);
  if (changed.length === 0 && current.ok && source.exists)
    return { written: false, file, changedPaths: [], loaded: current };

  const stamped = file === path ? stamp(text, after) : text;
  const next = load(sourceOf(stamped));
  const lost = whatIsLost(before, after, former, text);
  if (!next.ok || lost !== undefined) {
    if (!dryRun) keepAside(path, 'rejected', text);
    if (!next.ok) throw new ConfigWriteError('invalid', 'invalid config', next.issues);
    throw new ConfigWriteError('clobber', `config write rejected: it would ${lost}`);
  }
  if (!dryRun) {
    const line = {
      previousHash: source.exists ? source.revision : null,
      nextHash: next.source.revision,
      bytes: Buffer.byteLength(stamped),
      changedPathCount: changed.length,
    };
    audited(request.logDir, line, () => replaceFile(file, stamped, former));
  }
  return { written: !dryRun, file, changedPaths: changed, loaded: next };
}

interface NextText {
  readonly file: string;
  readonly text: string;
  /** What is in the file now; undefined where there is none. */
  readonly former: string | undefined;
}

function nextText(source: ConfigSource, before: unknown, change: ConfigChange, env: Environment): NextText {
  if (change.kind === 'text') {
    const given = parsed(change.text);
    const restored = restoreWritten(given, before, env);
    const text = editText(change.text, editsBetween(given, restored));
    if (source.issues.length > 0 || keepsIncludes(source, given))
      return { file: source.path, text, former: source.text };
    return edited(source, editsBetween(before, restored));
  }
  const after =
    change.kind === 'patch'
      ? mergePatch(before, restoreWritten(change.patch, before, env), new Set(change.replacePaths))
      : restoreWritten(change.edits.reduce(withEdit, before), before, env);
  return edited(source, editsBetween(before, after));
}

function edited(source: ConfigSource, edits: readonly Edit[]): NextText {
  const placed = placeEdits(source.root, edits);
  const former = placed.file === source.path ? source.text : source.included.get(placed.file);
  return { file: placed.file, text: editText(former ?? '{}\n', placed.edits), former };
}

/** @throws ConfigWriteError */
function parsed(text: string): unknown {
  try {
    const value = parseText(text);
    if (!isRecord(value)) throw new Error('must be an object');
    return value;
  } catch (caught) {
    const message = toError(caught).message;
    throw new ConfigWriteError('invalid', 'invalid config', [{ path: '', message }]);
  }
}

/** Every `$include` of the config file is in a new text as well, at its place. */
function keepsIncludes({ text }: ConfigSource, next: unknown): boolean {
  const walk = (old: unknown, now: unknown): boolean => {
    if (Array.isArray(old))
      return old.every((item: unknown, index) => walk(item, Array.isArray(now) ? now[index] : undefined));
    if (!isRecord(old)) return true;
    const own = isRecord(now) ? now : {};
    return Object.entries(old).every(([key, value]) =>
      key === '$include' ? isDeepStrictEqual(value, own[key]) : walk(value, own[key]),
    );
  };
  return text === undefined || walk(parseText(text), next);
}

function withoutMeta(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { meta: _meta, ...rest } = value;
  return rest;
}

/** What was there and nobody removes on purpose: the sign of a file that was put together anew from something else. */
function whatIsLost(before: unknown, after: unknown, former = '', text = ''): string | undefined {
  const modeOf = (value: unknown): unknown =>
    isRecord(value) && isRecord(value.gateway) ? value.gateway.mode : undefined;
  if (modeOf(before) !== undefined && modeOf(after) === undefined) return 'drop gateway.mode';
  const hadMeta = isRecord(before) && before.meta !== undefined;
  if (hadMeta && !(isRecord(after) && after.meta !== undefined)) return 'drop meta';
  const halved = former.length >= configLimits.clobberBytes && text.length * 2 < former.length;
  return halved ? 'make the file less than half as long' : undefined;
}
