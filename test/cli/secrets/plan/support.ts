/** Plans, and an installation for them to be applied to. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Environment } from '../../../../src/shared/paths.js';
import { cli, environmentWith, type CliRun } from '../../support/cli.js';

export const SECRET = 'sk-plain-that-nothing-may-print';

export interface Installation {
  readonly env: Environment & { readonly PLLAN_STATE_DIR: string };
  path(...names: string[]): string;
  write(name: string, content: string | object): string;
  read(name: string): string;
  /** Applies a plan, an object or the text of its file. */
  apply(plan: object | string, ...flags: string[]): Promise<CliRun>;
  /** Every file with its content. */
  files(): Record<string, string>;
}

export function installation(config: object | string, variables: Environment = {}): Installation {
  const env = { ...environmentWith(config), ...variables };
  const path = (...names: string[]): string => join(env.PLLAN_STATE_DIR, ...names);
  const write = (name: string, content: string | object): string => {
    const file = path(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    chmodSync(file, 0o600);
    return file;
  };
  return {
    env,
    path,
    write,
    read: (name) => readFileSync(path(name), 'utf8'),
    apply(plan, ...flags) {
      const file = write('plans/plan.json', plan);
      return cli(['secrets', 'apply', '--from', file, ...flags], { env });
    },
    files: () => filesIn(env.PLLAN_STATE_DIR),
  };
}

/** Without the plan, the log of writes, and the stamp of the config, which tells the time. */
export function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => [relative(folder, file), readFileSync(file, 'utf8')] as const)
      .filter(([name]) => !/^(?:plans|logs)\//.test(name))
      .map(([name, text]) => [name, text.replace(/("?lastTouchedAt"?: ").*"/, '$1"')] as const),
  );
}

export const envRef = (id: string) => ({ source: 'env', provider: 'default', id });

export const keyTarget = (ref: object = envRef('OPENAI_API_KEY')) => ({
  type: 'models.providers.apiKey',
  path: 'models.providers.openai.apiKey',
  pathSegments: ['models', 'providers', 'openai', 'apiKey'],
  providerId: 'openai',
  ref,
});

export const profileTarget = (ref: object = envRef('OPENAI_API_KEY')) => ({
  type: 'auth-profiles.api_key.key',
  path: 'profiles.openai:default.key',
  pathSegments: ['profiles', 'openai:default', 'key'],
  agentId: 'main',
  authProfileProvider: 'openai',
  ref,
});

export const planOf = (...targets: object[]) => ({ version: 1, protocolVersion: 1, targets });
