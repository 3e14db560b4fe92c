/** What onboarding settles, and the lines of the config that come of it (cli.md §13). */
import { randomBytes } from 'node:crypto';
import type { BindMode } from '../../shared/config/schema.js';
import { UserError } from '../user-error.js';
import type { Wish } from './baseline.js';

export const modelChoices = [
  'skip',
  'openai-api-key',
  'anthropic-api-key',
  'openrouter-api-key',
  'ollama',
] as const;
export type ModelChoice = (typeof modelChoices)[number];

/** A secret as it is written into the config: itself, or the variable that has it. */
export type Written = { readonly value: string } | { readonly variable: string };

export interface Choices {
  readonly mode: 'local' | 'remote';
  readonly remoteUrl?: string | undefined;
  readonly workspace: string | undefined;
  readonly port: number | undefined;
  readonly bind: BindMode | undefined;
  readonly auth: 'token' | 'password' | undefined;
  /** Undefined: the gateway makes a token at its first start. */
  readonly secret: Written | undefined;
  readonly model: ModelChoice;
  /** Of its provider. */
  readonly apiKey: Written | undefined;
  /** What agents answer with, `provider/model`. */
  readonly defaultModel: string | undefined;
}

interface ModelProvider {
  readonly id: string;
  readonly baseUrl: string;
  readonly api: 'openai-completions' | 'anthropic-messages';
  /** The variable that people keep its key in. */
  readonly variable?: string;
}

const providers: Readonly<Record<Exclude<ModelChoice, 'skip'>, ModelProvider>> = {
  'openai-api-key': {
    id: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    api: 'openai-completions',
    variable: 'OPENAI_API_KEY',
  },
  'anthropic-api-key': {
    id: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    api: 'anthropic-messages',
    variable: 'ANTHROPIC_API_KEY',
  },
  'openrouter-api-key': {
    id: 'openrouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    api: 'openai-completions',
    variable: 'OPENROUTER_API_KEY',
  },
  ollama: { id: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1', api: 'openai-completions' },
};

/** Its provider, as the config calls it. */
export function providerOf(choice: Exclude<ModelChoice, 'skip'>): string {
  return providers[choice].id;
}

/** The variable that the key of a choice is looked for in; undefined for one that needs no key. */
export function keyVariable(choice: ModelChoice): string | undefined {
  return choice === 'skip' ? undefined : providers[choice].variable;
}

/** @throws UserError for choices that do not go together */
export function wishesOf(choices: Choices): readonly Wish[] {
  const { mode, remoteUrl, workspace, port, bind, auth, secret, model, apiKey, defaultModel } = choices;
  if (mode === 'remote' && remoteUrl === undefined)
    throw new UserError('A gateway elsewhere needs its address: --remote-url <ws://… or wss://…>.');
  if (auth === 'password' && secret === undefined)
    throw new UserError('--gateway-auth password needs --gateway-password.');
  const open = bind !== undefined && bind !== 'loopback';
  const field = auth ?? 'token';
  return [
    { path: ['gateway', 'mode'], value: mode },
    ...some(remoteUrl, (value) => ({ path: ['gateway', 'remote', 'url'], value })),
    ...some(port, (value) => ({ path: ['gateway', 'port'], value })),
    ...some(bind, (value) => ({ path: ['gateway', 'bind'], value })),
    ...some(auth, (value) => ({ path: ['gateway', 'auth', 'mode'], value })),
    ...some(secret, (value) => ({ path: ['gateway', 'auth', field], value: written(value) })),
    ...(open && secret === undefined ? [newToken()] : []),
    ...some(workspace, (value) => ({ path: ['agents', 'defaults', 'workspace'], value })),
    ...(model === 'skip' ? [] : providerWishes(providers[model], apiKey)),
    ...some(defaultModel, (value) => ({ path: ['agents', 'defaults', 'model'], value })),
  ];
}

/** Whom others can reach has a secret; one that is there stays. */
function newToken(): Wish {
  const auth = ['gateway', 'auth'];
  const value = randomBytes(24).toString('hex');
  return { path: [...auth, 'token'], value, ifMissing: true, unless: [...auth, 'password'] };
}

function providerWishes({ id, baseUrl, api }: ModelProvider, apiKey: Written | undefined): readonly Wish[] {
  const provider = ['models', 'providers', id];
  return [
    { path: [...provider, 'baseUrl'], value: baseUrl, ifMissing: true },
    { path: [...provider, 'api'], value: api, ifMissing: true },
    ...some(apiKey, (value) => ({ path: [...provider, 'apiKey'], value: written(value) })),
  ];
}

function written(secret: Written): unknown {
  return 'value' in secret ? secret.value : { source: 'env', provider: 'default', id: secret.variable };
}

function some<T>(value: T | undefined, wish: (value: T) => Wish): readonly Wish[] {
  return value === undefined ? [] : [wish(value)];
}
