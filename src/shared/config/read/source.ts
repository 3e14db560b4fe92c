/**
 * Reads the config file and what it includes (config.md §2, §3). Included files must really be inside the config's
 * folder or one that `PLLAN_INCLUDE_ROOTS` names, whatever links lead there.
 */
import JSON5 from 'json5';
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { configLimits } from '../limits.js';
import type { Environment } from '../../paths.js';
import type { Problem } from '../../schema.js';
import { isRecord } from '../../is-record.js';
import { errorCode, toError } from '../../to-error.js';
import { formatPath, type ConfigPath } from '../path.js';
import { emptyNode, mergeNodes, type ConfigNode } from './node.js';

/** A thing that is wrong, and the included file that it stands in, if it is not the config file itself. */
export interface ConfigIssue extends Problem {
  readonly file?: string;
}

export function describeIssue({ path, message, file }: ConfigIssue): string {
  return `${path || '<root>'}: ${message}${file === undefined ? '' : ` (in ${file})`}`;
}

export interface ConfigSource {
  readonly path: string;
  readonly exists: boolean;
  /** Of the config file itself. */
  readonly text: string | undefined;
  /** sha256 of its text; of nothing when there is no file. */
  readonly hash: string;
  /** The same over all files; equal to `hash` where nothing is included. */
  readonly revision: string;
  /** Every file that was looked for, the config file first, as it is named: the ones to watch. */
  readonly files: readonly string[];
  /** Text of every included file, by its real path. */
  readonly included: ReadonlyMap<string, string>;
  readonly root: ConfigNode;
  readonly issues: readonly ConfigIssue[];
}

export interface SourceOptions {
  readonly path: string;
  readonly env: Environment;
  /** Instead of what is in an included file, by its real path: for what is to be written there. */
  readonly instead?: ReadonlyMap<string, string>;
}

export function readSource(options: SourceOptions): ConfigSource {
  let text: string | undefined;
  try {
    text = readBounded(options.path);
  } catch (caught) {
    if (errorCode(caught) !== 'ENOENT') {
      return sourceOf(options, undefined, () => {
        throw new Error(`cannot be read: ${toError(caught).message}`, { cause: caught });
      });
    }
  }
  return parseSource(text, options);
}

/** As `readSource`, for a text that is not in the config file, or not yet. */
export function parseSource(text: string | undefined, options: SourceOptions): ConfigSource {
  return sourceOf(options, text, () => (text === undefined ? {} : parseText(text)));
}

/** @throws Error that says what is wrong */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text); // many times as fast, and most large files are just that
  } catch {
    // JSON5, or nothing
  }
  try {
    return JSON5.parse<unknown>(text);
  } catch (caught) {
    throw new Error(`not valid JSON5: ${toError(caught).message.replace('JSON5: ', '')}`, { cause: caught });
  }
}

function sourceOf(options: SourceOptions, text: string | undefined, parse: () => unknown): ConfigSource {
  const { path } = options;
  const includes = createIncludes(options);
  let root = emptyNode(path);
  let issues: readonly ConfigIssue[];
  try {
    const value = parse();
    if (!isRecord(value)) throw new Error('must be an object');
    root = includes.build(value, path, [], [realPathOf(path)]);
    if (root.kind !== 'object') throw new Error('must be an object');
    issues = includes.issues;
  } catch (caught) {
    issues = [{ path: '', message: toError(caught).message }];
    root = emptyNode(path);
  }
  const hash = sha256(text ?? '');
  const included = [...includes.texts];
  return {
    path,
    exists: text !== undefined || issues.length > 0,
    text,
    hash,
    revision: included.length === 0 ? hash : sha256([hash, ...included.flat().map(sha256)].join('\n')),
    files: [path, ...includes.targets],
    included: includes.texts,
    root,
    issues,
  };
}

interface Includes {
  /** Text of every included file, by its real path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Paths that were named, whatever links they lead over, and also where nothing is there. */
  readonly targets: ReadonlySet<string>;
  readonly issues: readonly ConfigIssue[];
  /** @param chain real paths of the files that are being read, the innermost last */
  build(value: unknown, file: string, at: ConfigPath, chain: readonly string[]): ConfigNode;
}

function createIncludes({ path, env, instead }: SourceOptions): Includes {
  const texts = new Map<string, string>();
  const targets = new Set<string>();
  const issues: ConfigIssue[] = [];
  let roots: readonly string[] | undefined;
  let count = 0;

  const build = (value: unknown, file: string, at: ConfigPath, chain: readonly string[]): ConfigNode => {
    if (at.length > configLimits.levels) throw new Error(`must have at most ${configLimits.levels} levels`);
    if (Array.isArray(value)) {
      const items = value.map((item: unknown, index) => build(item, file, [...at, index], chain));
      return { kind: 'list', items, file };
    }
    if (!isRecord(value)) return { kind: 'scalar', value, file };
    const { $include: directive, ...rest } = value;
    const entries = Object.entries(rest).map(
      ([key, entry]) => [key, build(entry, file, [...at, key], chain)] as const,
    );
    const own: ConfigNode = { kind: 'object', entries: new Map(entries), file };
    if (directive === undefined) return own;
    try {
      return included(directive, own, at, chain);
    } catch (caught) {
      issues.push({ path: formatPath(at), message: toError(caught).message, ...fileNote(file, path) });
      return own;
    }
  };

  const included = (
    directive: unknown,
    own: ConfigNode & { kind: 'object' },
    at: ConfigPath,
    chain: readonly string[],
  ): ConfigNode => {
    const names: readonly unknown[] = Array.isArray(directive) ? directive : [directive];
    if (names.length === 0) throw new Error('$include must name a file');
    const nodes = names.map((name) => {
      if (typeof name !== 'string' || name === '')
        throw new Error('$include must be a path or a list of paths');
      return readIncluded(resolve(dirname(own.file), name), at, chain);
    });
    const several = nodes.length > 1 || own.entries.size > 0;
    if (several && nodes.some(({ kind }) => kind === 'scalar'))
      throw new Error('$include of several files, or beside other keys, needs objects');
    const merged = nodes.reduce(mergeNodes);
    if (own.entries.size > 0 && merged.kind !== 'object')
      throw new Error('$include beside other keys needs an object');
    const node = own.entries.size > 0 ? mergeNodes(merged, own) : merged;
    const backing = several ? undefined : node.include ? node.include.backing : node.file;
    return { ...node, include: { backing } };
  };

  const readIncluded = (target: string, at: ConfigPath, chain: readonly string[]): ConfigNode => {
    count += 1;
    if (count > configLimits.includes) throw new Error(`more than ${configLimits.includes} includes`);
    if (chain.length > configLimits.includeDepth)
      throw new Error(`Include depth is over ${configLimits.includeDepth}: ${target}`);
    targets.add(target);
    const real = existingPath(target);
    roots ??= includeRoots(path, env);
    if (!roots.some((root) => isInside(real, root)))
      throw new Error(`Include is outside the config's folder and PLLAN_INCLUDE_ROOTS: ${target}`);
    if (chain.includes(real)) {
      const circle = [...chain.slice(chain.indexOf(real)), real];
      throw new Error(`Circular include detected: ${circle.join(' -> ')}`);
    }
    let value: unknown;
    try {
      const text = texts.get(real) ?? instead?.get(real) ?? readBounded(real);
      texts.set(real, text);
      value = parseText(text);
    } catch (caught) {
      throw new Error(`Include ${target}: ${toError(caught).message}`, { cause: caught });
    }
    return build(value, real, at, [...chain, real]);
  };

  return { texts, targets, issues, build };
}

/** For an issue of an included file. */
export function fileNote(file: string, configPath: string): { readonly file?: string } {
  return file === configPath ? {} : { file };
}

/** @throws Error when there is no such file */
function existingPath(target: string): string {
  try {
    return realpathSync(target);
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT')
      throw new Error(`Include file not found: ${target}`, { cause: caught });
    throw new Error(`Include ${target}: ${toError(caught).message}`, { cause: caught });
  }
}

function readBounded(path: string): string {
  const stat = statSync(path);
  // Anything else, a pipe for example, could make the reader wait for ever.
  if (!stat.isFile()) throw new Error('not a regular file');
  if (stat.size > configLimits.fileBytes)
    throw new Error(`larger than ${configLimits.fileBytes} bytes (${stat.size})`);
  return readFileSync(path, 'utf8');
}

function includeRoots(configPath: string, env: Environment): string[] {
  const named = (env.PLLAN_INCLUDE_ROOTS ?? '').split(delimiter).filter(isAbsolute);
  return [dirname(configPath), ...named].map(realPathOf);
}

/** The path itself where nothing is there. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
