/**
 * The config as far as the command line needs it. An invalid file does not stop the commands that look
 * for what is wrong (config.md §5): the values that are good on their own are used, the rest is default.
 */
import {
  loadConfig,
  parseConfig,
  type GatewayConfig,
  type LoadedConfig,
  type LoadOptions,
} from '../../shared/config/load.js';
import { valueOf } from '../../shared/config/read/node.js';
import { describeIssue, type ConfigIssue } from '../../shared/config/read/source.js';
import type { SecretsConfig } from '../../shared/config/secrets-schema.js';
import type { PlacedRef } from '../../shared/secrets/config-refs.js';
import { describeFailure } from '../../shared/secrets/failure.js';
import { describeRef } from '../../shared/secrets/ref.js';
import { resolveRefs, resolveVariables } from '../../shared/secrets/resolve.js';
import { withSecrets } from '../../shared/secrets/with-secrets.js';
import type { ConfigTree } from '../../shared/config/schema.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { isRecord } from '../record.js';

export interface CliConfig {
  readonly path: string;
  readonly exists: boolean;
  readonly valid: boolean;
  readonly issues: readonly ConfigIssue[];
  /** With what the config adds to it. */
  readonly env: Environment;
  /** Variables and secrets that the file names and this process does not have. */
  readonly warnings: readonly string[];
  /** Secrets that are elsewhere than in variables. */
  readonly refs: readonly PlacedRef[];
  readonly secrets: SecretsConfig;
  readonly gateway: ConfigTree['gateway'];
  readonly agents: GatewayConfig['agents'];
  readonly logging: ConfigTree['logging'];
  readonly commands: ConfigTree['commands'];
}

/** What a client needs of a broken file. */
const wanted = [
  'env',
  'secrets',
  'gateway.mode',
  'gateway.port',
  'gateway.bind',
  'gateway.customBindHost',
  'gateway.auth.mode',
  'gateway.auth.token',
  'gateway.auth.password',
  'gateway.controlUi.enabled',
  'gateway.controlUi.basePath',
  'gateway.tls.enabled',
  'gateway.tls.certPath',
  'gateway.tls.keyPath',
  'gateway.remote.url',
  'gateway.remote.tlsFingerprint',
  'gateway.remote.token',
  'gateway.remote.password',
  'gateway.remote.transport',
  'gateway.remote.sshTarget',
  'gateway.remote.sshIdentity',
  'gateway.remote.remotePort',
  'agents.defaults.timeoutSeconds',
  'logging.file',
  'commands.restart',
];

export function readCliConfig(env: Environment, paths: Paths): CliConfig {
  const path = paths.configPath;
  // People run commands from the shell that would be asked: it has nothing to add.
  const loaded = loadConfig({ path, env, askLoginShell: () => ({}) });
  if (loaded.ok) return { path, exists: loaded.exists, valid: true, issues: [], ...usableOf(loaded) };
  const options = { path, env, askLoginShell: () => ({}) };
  const raw = valueOf(loaded.source.root);
  const kept = wanted.reduce((document, key) => keepIfValid(document, key, raw, options), {});
  const salvaged = parseConfig(JSON.stringify(kept), options);
  if (!salvaged.ok) throw new Error(`no config could be made of ${path}`);
  return {
    path,
    exists: true,
    valid: false,
    issues: loaded.issues,
    ...usableOf(salvaged),
  };
}

/** With the secrets in it that are variables. */
function usableOf({
  config,
  env,
  refs,
  warnings,
}: LoadedConfig): Omit<CliConfig, 'path' | 'exists' | 'valid' | 'issues'> {
  const { values, failures } = resolveVariables(refs, { secrets: config.secrets, env });
  const { gateway, agents, logging, commands, secrets } = withSecrets(config, refs, values);
  return {
    env,
    warnings: [...warnings.map(describeIssue), ...failures.map(describeFailure)],
    refs: refs.filter(({ ref }) => ref.source !== 'env'),
    gateway,
    agents,
    logging,
    commands,
    secrets,
  };
}

/** As `readCliConfig`, with the credentials for gateways that this process may read in files; it runs no commands. */
export async function openCliConfig(env: Environment, paths: Paths): Promise<CliConfig> {
  const config = readCliConfig(env, paths);
  const meant = config.refs.filter(({ segments }) => segments[0] === 'gateway');
  const files = meant.filter(({ ref }) => ref.source === 'file');
  const { signal } = new AbortController();
  const { values, failures } = await resolveRefs(files, {
    secrets: config.secrets,
    env: config.env,
    home: paths.home,
    signal,
  });
  const commands = meant
    .filter(({ ref }) => ref.source === 'exec')
    .map(({ path, ref }) => `${path}: ${describeRef(ref)}: configured but unavailable in this command path`);
  return {
    ...config,
    gateway: withSecrets({ gateway: config.gateway }, files, values).gateway,
    warnings: [...config.warnings, ...failures.map(describeFailure), ...commands],
  };
}

function keepIfValid(document: object, key: string, raw: unknown, options: LoadOptions): object {
  const names = key.split('.');
  const value = names.reduce<unknown>((parent, name) => (isRecord(parent) ? parent[name] : undefined), raw);
  if (value === undefined) return document;
  const extended = withValue(document, names, value);
  return parseConfig(JSON.stringify(extended), options).ok ? extended : document;
}

function withValue(document: object, [name = '', ...rest]: readonly string[], value: unknown): object {
  const child: unknown = (document as Readonly<Record<string, unknown>>)[name];
  return {
    ...document,
    [name]: rest.length === 0 ? value : withValue(isRecord(child) ? child : {}, rest, value),
  };
}
