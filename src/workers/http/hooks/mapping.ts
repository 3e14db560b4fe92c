/** Hooks by a name of the owner's (http.md §11.4): the first mapping that fits a payload says what becomes of it. */
import type { HookMapping } from '../../../shared/config/hook-mappings.js';
import { ApiError } from '../../../shared/errors/api-error.js';
import type { HookSetup } from '../../../shared/hooks/setup.js';
import type { ToolPool } from '../../pools/tool-pool.js';
import type { TransformInput, Transformed } from '../../threads/tool-pool/protocol.js';
import type { Fields } from './fields.js';
import { render, type TemplateValues } from './template.js';

/** What has come in. */
export interface Incoming extends TemplateValues {
  /** As it was asked for, with its query. */
  readonly url: string;
}

export interface Mapped {
  readonly action: 'wake' | 'agent';
  /** As a request would have them. */
  readonly fields: Fields;
  /** The message need not be marked as what strangers wrote. */
  readonly trusted: boolean;
}

export function findMapping(
  mappings: readonly HookMapping[],
  { path, payload }: Pick<Incoming, 'path' | 'payload'>,
): HookMapping | undefined {
  return mappings.find(
    ({ match: { path: wanted, source } = {} }) =>
      (wanted === undefined || hookName(wanted) === path) &&
      (source === undefined || source === payload.source),
  );
}

export interface MappingServices {
  readonly setup: HookSetup;
  /** Undefined where there are no transforms. */
  readonly pool: ToolPool | undefined;
}

/** Null: the transform wants nothing to happen. @throws ApiError 503, Error for the log */
export async function applyMapping(
  mapping: HookMapping,
  incoming: Incoming,
  services: MappingServices,
  signal: AbortSignal,
): Promise<Mapped | null> {
  const over = mapping.transform ? await transformed(mapping.transform, incoming, services, signal) : {};
  if (over === null) return null;
  const { action: ownAction, kind = ownAction ?? mapping.action ?? 'agent' } = over;
  if (kind !== 'wake' && kind !== 'agent') throw new Error(`there is no action ${JSON.stringify(kind)}`);
  const own = kind === 'wake' ? wakeOf(mapping, incoming) : runOf(mapping, incoming);
  const trusted = over.allowUnsafeExternalContent ?? mapping.allowUnsafeExternalContent ?? false;
  return {
    action: kind,
    fields: { ...own, ...over, mode: over.mode ?? over.wakeMode ?? mapping.wakeMode },
    trusted: trusted === true,
  };
}

function wakeOf({ textTemplate, agentId, sessionKey }: HookMapping, incoming: Incoming): Fields {
  return {
    text: filled(textTemplate, incoming),
    agentId,
    sessionKey: filled(sessionKey, incoming),
  };
}

function runOf(mapping: HookMapping, incoming: Incoming): Fields {
  const { wakeMode, deliver, channel, agentId, timeoutSeconds } = mapping;
  const fill = (template: string | undefined): string | undefined => filled(template, incoming);
  return {
    wakeMode,
    deliver,
    channel,
    agentId,
    timeoutSeconds,
    message: fill(mapping.messageTemplate),
    name: fill(mapping.name),
    sessionKey: fill(mapping.sessionKey),
    to: fill(mapping.to),
    accountId: fill(mapping.accountId),
    model: fill(mapping.model),
    thinking: fill(mapping.thinking),
  };
}

function filled(template: string | undefined, incoming: Incoming): string | undefined {
  return template === undefined ? undefined : render(template, incoming);
}

async function transformed(
  { module, export: name }: NonNullable<HookMapping['transform']>,
  { payload, headers, url, path }: Incoming,
  { setup, pool }: MappingServices,
  signal: AbortSignal,
): Promise<Transformed> {
  if (!pool) throw new Error('there are no tool threads');
  const { transformsDir: folder, transformMs: timeoutMs } = setup;
  const input: TransformInput = { payload, headers, url, path };
  const work = { kind: 'transform', folder, module, export: name, input } as const;
  const outcome = await pool.run(work, { timeoutMs, signal });
  if (outcome.status === 'ok') return outcome.details as Transformed;
  const { kind, message } = outcome;
  if (kind === 'overloaded') throw new ApiError('overloaded', { retryAfter: '1' });
  throw new Error(`${kind} (${message})`);
}

/** Slashes before, behind and beside others do not count. */
export function hookName(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .join('/');
}
