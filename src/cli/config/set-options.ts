/** Options of `pllan config set` beside the value: data, so that `--help` has it at once. */
import type { OptionSpec } from '../command.js';

/** `text` as it is, `value` as JSON5, `map` of NAME=value. */
export type ProviderKind = 'text' | 'value' | 'list' | 'map';

/** Options that describe a provider, by the key of it that each one is. */
export const providerKeys = {
  source: { kind: 'text', about: 'Make a provider of secrets: env, file or exec' },
  allowlist: { kind: 'list', about: 'Of env: a name that it gives; may be repeated' },
  path: { kind: 'text', about: 'Of file: where it is' },
  mode: { kind: 'text', about: 'Of file: json or singleValue' },
  'max-bytes': { kind: 'value', about: 'Of file: most that it may have' },
  'timeout-ms': { kind: 'value', about: 'Of file and exec: longest that reading may take' },
  command: { kind: 'text', about: 'Of exec: the program, with its whole path' },
  arg: { kind: 'list', key: 'args', about: 'Of exec: an argument; may be repeated' },
  'pass-env': { kind: 'list', about: 'Of exec: a variable that it gets; may be repeated' },
  env: { kind: 'map', about: 'Of exec: NAME=value that it gets; may be repeated' },
  'trusted-dir': {
    kind: 'list',
    key: 'trustedDirs',
    about: 'Of exec: a folder that it must be in; may be repeated',
  },
  'no-output-timeout-ms': { kind: 'value', about: 'Of exec: longest that it may print nothing' },
  'max-output-bytes': { kind: 'value', about: 'Of exec: most that it may print' },
  'json-only': { kind: 'value', about: 'Of exec: false lets it print the value itself' },
} as const satisfies Readonly<
  Record<string, { readonly kind: ProviderKind; readonly key?: string; readonly about: string }>
>;

export const setOptions: readonly OptionSpec[] = [
  { name: 'ref-source', kind: 'text', about: 'Put a SecretRef there: env, file or exec' },
  { name: 'ref-provider', kind: 'text', about: 'Its provider; the default one of its source unless given' },
  { name: 'ref-id', kind: 'text', about: 'What it is called there' },
  ...Object.entries(providerKeys).map(([name, { kind, about }]): OptionSpec => {
    const forms = { text: 'text', value: 'text', list: 'list', map: 'list' } as const;
    return { name: `provider-${name}`, kind: forms[kind], about };
  }),
  { name: 'batch-json', kind: 'text', about: 'A list of { path, value | ref | provider }, as JSON5' },
  { name: 'batch-file', kind: 'text', about: 'A file with such a list' },
];
