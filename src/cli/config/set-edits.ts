/** What `pllan config set` is to put where: a value, a SecretRef, a provider of secrets, or a batch of these (cli.md §11). */
import { readFileSync } from 'node:fs';
import { formatPath, type ConfigPath } from '../../shared/config/path.js';
import { parseText } from '../../shared/config/read/source.js';
import type { Edit } from '../../shared/config/write/edits.js';
import { expandHome } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import type { ParsedOptions } from '../command.js';
import { isRecord } from '../record.js';
import { UserError } from '../user-error.js';
import { readConfigPath, readConfigValue } from './edit-config.js';
import { providerKeys, type ProviderKind } from './set-options.js';

type SetEdit = Extract<Edit, { readonly value: unknown }>;

/** @throws UserError for options that do not go together, or do not say enough */
export function readEdits(options: ParsedOptions, home: string): readonly SetEdit[] {
  const batch = readBatch(options, home);
  const builders = { ref: refOf(options), provider: providerOf(options) };
  const [path, value] = [options.arg('path'), options.arg('value')];
  const given = [batch, builders.ref, builders.provider, value].filter((one) => one !== undefined);
  if (given.length > 1) throw new UserError('Use one of <value>, --ref-…, --provider-… and --batch-….');
  if (batch) {
    if (path !== undefined) throw new UserError('The paths of a batch are in it; give none.');
    return batch;
  }
  if (path === undefined || given.length === 0)
    throw new UserError('Give <path> and <value>, or --ref-…, --provider-… or --batch-… in its place.');
  const at = readConfigPath(path);
  if (builders.provider) requireProviderPath(at);
  const strict = options.flag('strict-json') || options.flag('json');
  return [{ path: at, value: builders.ref ?? builders.provider ?? readConfigValue(value ?? '', strict) }];
}

function refOf(options: ParsedOptions): object | undefined {
  const [source, provider, id] = ['source', 'provider', 'id'].map((name) => options.text(`ref-${name}`));
  if ([source, provider, id].every((part) => part === undefined)) return undefined;
  if (source === undefined || id === undefined) throw new UserError('A ref needs --ref-source and --ref-id.');
  return { source, ...(provider === undefined ? {} : { provider }), id };
}

function providerOf(options: ParsedOptions): object | undefined {
  const keys = Object.entries(providerKeys).flatMap(([name, spec]): [string, unknown][] => {
    const option = `provider-${name}`;
    const value = valueOf(spec.kind, option, options);
    return value === undefined ? [] : [['key' in spec ? spec.key : camelCase(name), value]];
  });
  if (keys.length === 0) return undefined;
  if (options.text('provider-source') === undefined)
    throw new UserError('A provider needs --provider-source.');
  return Object.fromEntries(keys);
}

function valueOf(kind: ProviderKind, option: string, options: ParsedOptions): unknown {
  const text = options.text(option);
  const list = options.list(option);
  switch (kind) {
    case 'text':
      return text;
    case 'value':
      return text === undefined ? undefined : readConfigValue(text, false);
    case 'list':
      return list.length > 0 ? list : undefined;
    case 'map':
      return list.length > 0 ? Object.fromEntries(list.map((pair) => readPair(pair, option))) : undefined;
  }
}

function readPair(pair: string, option: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) throw new UserError(`--${option} needs NAME=value`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function readBatch(options: ParsedOptions, home: string): readonly SetEdit[] | undefined {
  const [json, file] = [options.text('batch-json'), options.text('batch-file')];
  if (json === undefined && file === undefined) return undefined;
  if (json !== undefined && file !== undefined)
    throw new UserError('Use either --batch-json or --batch-file.');
  let batch: unknown;
  try {
    batch = parseText(json ?? readFileSync(expandHome(file as string, home), 'utf8'));
  } catch (caught) {
    throw new UserError(`The batch cannot be used: ${toError(caught).message}`);
  }
  if (!Array.isArray(batch) || batch.length === 0)
    throw new UserError('The batch cannot be used: it must be a list.');
  return batch.map((entry: unknown, index) => {
    const { path, ...rest } = isRecord(entry) ? entry : {};
    const [[form, value] = [], ...more] = Object.entries(rest);
    if (typeof path !== 'string' || !['value', 'ref', 'provider'].includes(form ?? '') || more.length > 0)
      throw new UserError(
        `The batch cannot be used: entry ${index} must have path, and one of value, ref and provider.`,
      );
    const at = readConfigPath(path);
    if (form === 'provider') requireProviderPath(at);
    return { path: at, value };
  });
}

function requireProviderPath(path: ConfigPath): void {
  const [section, providers, alias, ...rest] = path;
  if (section === 'secrets' && providers === 'providers' && alias !== undefined && rest.length === 0) return;
  throw new UserError(`A provider belongs at secrets.providers.<alias>, not at ${formatPath(path)}.`);
}
