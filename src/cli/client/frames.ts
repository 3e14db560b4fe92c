/** Frames that a gateway sends, told apart by what is in them (protocol.md §2). What is not one of them is skipped. */
import { plainText } from '../output/plain-text.js';
import { isRecord, recordOf } from '../record.js';
import type { ServerError } from './errors.js';

export type ServerFrame =
  | { readonly type: 'event'; readonly event: string; readonly payload: unknown }
  | { readonly type: 'res'; readonly id: string; readonly ok: true; readonly payload: unknown }
  | { readonly type: 'res'; readonly id: string; readonly ok: false; readonly error: ServerError };

/** What a device has to sign (protocol.md §4.2). */
export interface Challenge {
  readonly nonce: string;
  /** The gateway's clock, milliseconds since the epoch. */
  readonly ts: number;
}

/** Undefined for anything that no gateway sends. */
export function parseServerFrame(text: string): ServerFrame | undefined {
  const frame = parseJson(text);
  if (!isRecord(frame)) return undefined;
  if (frame.type === 'event' && typeof frame.event === 'string')
    return { type: 'event', event: frame.event, payload: frame.payload };
  if (frame.type !== 'res' || typeof frame.id !== 'string') return undefined;
  if (frame.ok === true) return { type: 'res', id: frame.id, ok: true, payload: frame.payload };
  return { type: 'res', id: frame.id, ok: false, error: readError(frame.error) };
}

/** Undefined when it lacks what a signature needs. */
export function readChallenge(payload: unknown): Challenge | undefined {
  const { nonce, ts } = recordOf(payload);
  return typeof nonce === 'string' && typeof ts === 'number' ? { nonce, ts } : undefined;
}

function readError(value: unknown): ServerError {
  const { code, message, details, retryAfterMs } = recordOf(value);
  return {
    code: typeof code === 'string' ? plainText(code) : 'UNAVAILABLE',
    message: typeof message === 'string' ? plainText(message) : 'the gateway gave no reason',
    details,
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not a frame: skipped like any other stranger
  }
}
