/** What callers write for a session, and its one canonical key (runs-and-events.md §6). */
import { requestLimits } from '../limits.js';
import type { SessionKey } from './records.js';

/** How keys are read; from the config. */
export interface KeyScheme {
  readonly defaultAgentId: string;
  /** Last part of the main session's key. */
  readonly mainKey: string;
  readonly scope: 'per-sender' | 'global';
}

const agentForm = /^agent:([a-z0-9][a-z0-9_-]{0,63}):(.+)$/s;
const agentPart = /^agent:[a-z0-9][a-z0-9_-]{0,63}:/;
/** Of it at the most. */
export const AGENT_PART_CHARS = 71;

/** Control characters and halves of surrogate pairs: the store's index does not give them back as they were. */
const unfit = /[\p{Cc}\p{Cs}]/gu;

/** `agentId`: whose bare key it is; the default agent's when nobody is named. */
export function canonicalKey(input: string, scheme: KeyScheme, agentId = scheme.defaultAgentId): SessionKey {
  const text = input.trim().toLowerCase().replaceAll(unfit, '\uFFFD');
  if (text === 'global' || text === 'unknown') return text as SessionKey;
  const [, owner = agentId, rest = text] = agentForm.exec(text) ?? [];
  return mainOr(rest, owner, scheme);
}

/** Of a session that the gateway itself makes: callers from outside may not name such a one (http.md §5.2). */
export function isReserved(input: string): boolean {
  return /(?:^|:)(?:subagent|cron|acp):/i.test(input);
}

/** Of one isolated run of a cron job. */
export function cronRunKey(agentId: string, jobId: string, sessionId: string): SessionKey {
  return `agent:${agentId}:cron:${jobId}:run:${sessionId}` as SessionKey;
}

export function isCronRun(key: SessionKey): boolean {
  return /^agent:[^:]+:cron:[^:]+:run:/.test(key);
}

/** Begins as a key of an agent does, and is none. */
export function isMalformed(input: string): boolean {
  const text = input.trim().toLowerCase();
  return text.startsWith('agent:') && !agentForm.test(text);
}

/** Whether it could be the key of a stored session, whatever the scheme. */
export function isCanonicalKey(text: string): text is SessionKey {
  const isNamed = text === 'global' || text === 'unknown' || agentForm.test(text);
  return isNamed && isShortEnough(text) && text.search(unfit) < 0;
}

/** Of a key in any form: its agent's part does not count, so that what a caller may write may also be sent back. */
export function isShortEnough(text: string): boolean {
  return text.toLowerCase().replace(agentPart, '').length <= requestLimits.keyChars;
}

function mainOr(rest: string, agentId: string, { mainKey, scope }: KeyScheme): SessionKey {
  const main = rest === '' || rest === 'main' || rest === mainKey;
  if (main && scope === 'global') return 'global' as SessionKey;
  return `agent:${agentId}:${main ? mainKey : rest}` as SessionKey;
}

export function mainSessionKey(scheme: KeyScheme, agentId = scheme.defaultAgentId): SessionKey {
  return mainOr('', agentId, scheme);
}

/** The agent whose session it is. */
export function agentOf(key: SessionKey, scheme: KeyScheme): string {
  return agentForm.exec(key)?.[1] ?? scheme.defaultAgentId;
}

/** `kind` of a session row (methods.md §4). */
export function kindOf(key: SessionKey): 'direct' | 'group' | 'global' | 'unknown' {
  const text: string = key;
  if (text === 'global' || text === 'unknown') return text;
  return /:(?:group|channel):/.test(text) ? 'group' : 'direct';
}
