/**
 * One message of a client, read as a request: text, frame, params (protocol.md §2.1). The same for small messages, on
 * the event loop, and for large ones, in a thread; what comes out is small either way.
 */
import { isUtf8 } from 'node:buffer';
import { requestLimits } from '../../shared/limits.js';
import { requestFrame, type ErrorShape } from '../../shared/protocol/frames.js';
import { isDeeperThan } from '../../shared/json-depth.js';
import { describeProblems } from '../../shared/schema.js';
import type { ParamsCheck } from './methods/param-types.js';
import { methodParams } from './methods/params.js';

export type ReadRequest =
  | {
      readonly ok: true;
      readonly id: string;
      readonly method: string;
      /** Undefined when no method has this name. */
      readonly params: ReadParams | undefined;
    }
  | { readonly ok: false; readonly id: string; readonly error: ErrorShape };

export type ReadParams =
  /** Holds what the method's schema describes, and nothing that was sent besides. */
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problems: string };

/** The id in an answer to what has none that can be read (protocol.md §2.1). */
export const UNREADABLE_ID = 'invalid';

const tooDeep = `at root: must have at most ${requestLimits.levels} levels`;

const paramsOf: ReadonlyMap<string, ParamsCheck<unknown>> = new Map(Object.entries(methodParams));

export function readRequest(message: Buffer): ReadRequest {
  const value = parseMessage(message);
  if (isDeeperThan(message, requestLimits.levels)) return invalidFrame(idOf(value), tooDeep);
  const frame = requestFrame.parse(value);
  if (!frame.ok) return invalidFrame(idOf(value), describeProblems(frame.problems));
  const { id, method, params } = frame.value;
  const check = paramsOf.get(method);
  return { ok: true, id, method, params: check && readParams(check, params ?? {}) };
}

/** What a message says; undefined when it is not UTF-8 or not JSON, which no request is either. */
export function parseMessage(message: Buffer): unknown {
  if (!isUtf8(message)) return undefined;
  try {
    return JSON.parse(message.toString('utf8'));
  } catch {
    return undefined;
  }
}

export function invalidFrame(id: string, problems: string): ReadRequest {
  return {
    ok: false,
    id,
    error: { code: 'INVALID_REQUEST', message: `invalid request frame: ${problems}` },
  };
}

/** A request that there is no room for (protocol.md §15). */
export function busy(id: string): ReadRequest {
  return { ok: false, id, error: busyError };
}

export const busyError: ErrorShape = {
  code: 'UNAVAILABLE',
  message: 'The server is busy. Please try again in a moment.',
  retryable: true,
};

function readParams(check: ParamsCheck<unknown>, params: unknown): ReadParams {
  // To a schema an array is an object without the keys it asks for.
  if (Array.isArray(params)) return { ok: false, problems: 'at root: must be object' };
  const read = check.parse(params);
  return read.ok ? read : { ok: false, problems: describeProblems(read.problems) };
}

/** The id to answer to; one that is too long to be an id is not sent back either. */
function idOf(value: unknown): string {
  const id = (value as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' && id.length <= requestLimits.textChars ? id : UNREADABLE_ID;
}
