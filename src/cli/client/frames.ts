/** Frames that a gateway sends, told apart by what is in them (protocol.md §2). What is not one of them is skipped. */
import { isRecord } from '../record.js';
import type { ServerError } from './errors.js';

export type ServerFrame =
  | { readonly type: 'event'; readonly event: string }
  | { readonly type: 'res'; readonly id: string; readonly ok: true; readonly payload: unknown }
  | { readonly type: 'res'; readonly id: string; readonly ok: false; readonly error: ServerError };

/** Undefined for anything that no gateway sends. */
export function parseServerFrame(text: string): ServerFrame | undefined {
  const frame = parseJson(text);
  if (!isRecord(frame)) return undefined;
  if (frame.type === 'event' && typeof frame.event === 'string') return { type: 'event', event: frame.event };
  if (frame.type !== 'res' || typeof frame.id !== 'string') return undefined;
  if (frame.ok === true) return { type: 'res', id: frame.id, ok: true, payload: frame.payload };
  const error = isRecord(frame.error) ? frame.error : {};
  const code = typeof error.code === 'string' ? error.code : 'UNAVAILABLE';
  const message = typeof error.message === 'string' ? error.message : 'the gateway gave no reason';
  return { type: 'res', id: frame.id, ok: false, error: { code, message, details: error.details } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not a frame: skipped like any other stranger
  }
}
