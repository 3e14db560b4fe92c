/** What a hook is to do, from the fields that a request has, or a mapping makes (http.md §11.2, §11.3). */
import { channelIds } from '../../../shared/config/channel-ids.js';
import { ApiError } from '../../../shared/errors/api-error.js';
import { hookLimits } from '../../../shared/hooks/limits.js';
import { wakeModes, type AskedDelivery, type WakeMode } from '../../../shared/hooks/questions.js';
import { requestLimits } from '../../../shared/limits.js';
import { systemEventLimits } from '../../../shared/session-limits.js';

export interface WakeFields extends HookTarget {
  readonly text: string;
  readonly mode: WakeMode;
}

export interface RunFields extends HookTarget {
  readonly message: string;
  readonly name: string;
  readonly wakeMode: WakeMode;
  readonly model: string | undefined;
  readonly thinking: string | undefined;
  /** Milliseconds; infinite for none, undefined for that of all runs. */
  readonly timeoutMs: number | undefined;
  readonly idempotencyKey: string | undefined;
  /** Undefined: its answer goes nowhere else. */
  readonly deliver: AskedDelivery | undefined;
}

/** As its caller writes it. */
export interface HookTarget {
  readonly agentId: string | undefined;
  readonly sessionKey: string | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

/** `last` is where the main session's last message came from. */
const channels: readonly string[] = ['last', ...channelIds];
const MAX_TIMEOUT_SECONDS = 31_536_000;

/** @throws ApiError 400 */
export function readWake(fields: Fields): WakeFields {
  const text = required(fields, 'text').slice(0, systemEventLimits.textChars);
  return { text, mode: wakeModeOf(fields, 'mode'), ...targetOf(fields) };
}

/** @throws ApiError 400 */
export function readRun(fields: Fields): RunFields {
  const message = required(fields, 'message');
  if (message.length > requestLimits.messageChars)
    throw invalid(`message must have at most ${requestLimits.messageChars} characters`);
  const idempotencyKey = textOf(fields, 'idempotencyKey');
  requireShortKey(idempotencyKey);
  return {
    message,
    name: oneLine(textOf(fields, 'name') ?? 'Hook'),
    wakeMode: wakeModeOf(fields, 'wakeMode'),
    model: textOf(fields, 'model'),
    thinking: textOf(fields, 'thinking'),
    timeoutMs: timeoutOf(fields),
    deliver: deliveryOf(fields),
    idempotencyKey,
    ...targetOf(fields),
  };
}

function deliveryOf(fields: Fields): AskedDelivery | undefined {
  const channel = textOf(fields, 'channel')?.toLowerCase() ?? 'last';
  if (!channels.includes(channel)) throw invalid(`channel must be one of ${channels.join(', ')}`);
  const [to, accountId] = [textOf(fields, 'to'), textOf(fields, 'accountId')];
  const { deliver = true } = fields;
  if (typeof deliver !== 'boolean') throw invalid('deliver must be true or false');
  // The web chat sees what happens in its sessions.
  return deliver && channel !== 'webchat' ? { channel, to, accountId } : undefined;
}

/** @throws ApiError 400 */
export function requireShortKey(key: string | undefined): void {
  if ((key?.length ?? 0) > hookLimits.keyChars)
    throw invalid(`idempotencyKey must have at most ${hookLimits.keyChars} characters`);
}

function targetOf(fields: Fields): HookTarget {
  return { agentId: textOf(fields, 'agentId'), sessionKey: textOf(fields, 'sessionKey') };
}

function wakeModeOf(fields: Fields, name: string): WakeMode {
  const mode = textOf(fields, name) ?? 'now';
  const known = wakeModes.find((one) => one === mode);
  if (!known) throw invalid(`${name} must be one of ${wakeModes.join(', ')}`);
  return known;
}

function timeoutOf({ timeoutSeconds: seconds = null }: Fields): number | undefined {
  if (seconds === null) return undefined;
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_TIMEOUT_SECONDS))
    throw invalid(`timeoutSeconds must be a number from 0 to ${MAX_TIMEOUT_SECONDS}`);
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1_000;
}

function required(fields: Fields, name: string): string {
  const value = fields[name];
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw invalid(`${name} required`);
  return text;
}

/** Null and nothing count as absent. */
function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw invalid(`${name} must be a string`);
  return value.trim() === '' ? undefined : value.trim();
}

/** It is shown to people and models in the middle of a line. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, hookLimits.nameChars);
}

function invalid(message: string): ApiError {
  return new ApiError('hookRequest', { message });
}
