/**
 * What is to be said after a restart (operations.md §3.2): left in `restart-sentinel.json` by whoever asked for it, said to
 * the session that is named there when the gateway is up again, and gone then. It is said twice rather than not at all.
 */
import * as v from 'valibot';
import { requestLimits, restartLimits } from '../../shared/limits.js';
import { systemEventLimits } from '../../shared/session-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { writePrivateFile } from '../../shared/private-file.js';
import { describeRefusedWrite } from '../../shared/refused-write.js';
import { compile } from '../../shared/schema.js';
import { AGENT_PART_CHARS, canonicalKey } from '../../shared/store/session-keys.js';
import { toError } from '../../shared/to-error.js';
import { queueSystemEvent } from '../sessions/system-events.js';
import type { Sessions } from '../sessions/sessions.js';
import { readSmallFile, removeSmallFile } from './small-file.js';

const longestKey = requestLimits.keyChars + AGENT_PART_CHARS;
const optionalText = v.exactOptional(v.pipe(v.string(), v.maxLength(restartLimits.textChars)));
const Payload = v.looseObject({
  kind: v.picklist(['config-patch', 'config-apply', 'update', 'restart']),
  status: v.picklist(['ok', 'error', 'skipped']),
  ts: v.number(),
  sessionKey: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(longestKey))),
  message: optionalText,
});
const sentinel = compile(v.looseObject({ version: v.literal(1), payload: Payload }));

export type SentinelPayload = v.InferOutput<typeof Payload>;

/** What it is about, without the time; what is not known may be undefined. */
export interface Said extends Pick<SentinelPayload, 'kind'> {
  readonly status?: SentinelPayload['status'];
  readonly sessionKey?: string | undefined;
  readonly message?: string | undefined;
  readonly stats?: object;
}

export interface LeftSentinel {
  /** It is on disk. */
  readonly persisted: boolean;
  readonly payload: SentinelPayload;
}

export interface RestartSentinel {
  /** The last that is known of: what was found at the start, or left since. */
  readonly last: SentinelPayload | null;
  /** For the next start. */
  leave(said: Said): LeftSentinel;
  /** The restart is not to be: that is said now. */
  failed(why: string): Promise<void>;
  /** Says what the start has found. */
  arrive(): Promise<void>;
  /** Remembered, and nothing else. */
  note(said: Said): SentinelPayload;
}

export interface SentinelOptions {
  readonly file: string;
  readonly sessions: Sessions;
  readonly log: Logger;
  now(): number;
}

export function createRestartSentinel({ file, sessions, log, now }: SentinelOptions): RestartSentinel {
  let last: SentinelPayload | null = null;
  let left: SentinelPayload | undefined;

  const say = async (payload: SentinelPayload): Promise<void> => {
    last = payload;
    const { sessionKey } = payload;
    if (sessionKey !== undefined) {
      const key = canonicalKey(sessionKey, sessions.scheme);
      await queueSystemEvent(sessions, key, { text: textOf(payload), at: now() });
    }
    removeSmallFile(file);
  };
  const saying = async (payload: SentinelPayload): Promise<void> => {
    try {
      await say(payload);
    } catch (caught) {
      log.error('restart.sentinel', `${file}: ${toError(caught).message}`);
    }
  };
  return {
    get last() {
      return last;
    },
    leave(said) {
      const payload = (last = left = payloadOf(said, now()));
      try {
        writePrivateFile(file, JSON.stringify({ version: 1, payload }));
        return { persisted: true, payload };
      } catch (caught) {
        log.error('restart.sentinel', `${file} cannot be written: ${describeRefusedWrite(caught)}`);
        return { persisted: false, payload };
      }
    },
    async failed(why) {
      if (!left) return;
      const message = [left.message, why].filter(Boolean).join('\n').slice(0, restartLimits.textChars);
      const payload = { ...left, status: 'error' as const, message };
      left = undefined;
      await saying(payload);
    },
    async arrive() {
      const found = readFound(file, log);
      if (found) await saying(found);
    },
    note: (said) => (last = payloadOf(said, now())),
  };
}

function payloadOf({ kind, status = 'ok', sessionKey, message, stats }: Said, ts: number): SentinelPayload {
  return {
    kind,
    status,
    ts,
    ...(sessionKey === undefined ? {} : { sessionKey }),
    ...(message === undefined ? {} : { message }),
    ...(stats === undefined ? {} : { stats }),
  };
}

function readFound(file: string, log: Logger): SentinelPayload | undefined {
  try {
    const value = readSmallFile(file, restartLimits.sentinelBytes);
    if (value === undefined) return undefined;
    const parsed = sentinel.parse(value);
    if (parsed.ok) return parsed.value.payload;
    removeSmallFile(file);
    log.warn('restart.sentinel', `${file} is not understood, and was removed`);
  } catch (caught) {
    log.error('restart.sentinel', `${file}: ${toError(caught).message}`);
  }
  return undefined;
}

function textOf({ kind, status, message }: SentinelPayload): string {
  const what = `Gateway restart (${kind}): ${status}`;
  return (message ? `${what}\n${message}` : what).slice(0, systemEventLimits.textChars);
}
