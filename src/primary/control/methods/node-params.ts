/**
 * What the methods on nodes take (methods.md §10). What a command is given and what it gives can be large: it is JSON
 * text from here on, which is sent on as it is.
 */
import * as v from 'valibot';
import { largeFrameLimits, nodeLimits } from '../../../shared/limits.js';
import { about, compile } from '../../../shared/schema.js';
import { outlineOf } from '../outline.js';
import type { NodePayload, NodeResult } from '../../nodes/node-invokes.js';
import { milliseconds, name, none, optional, reading } from './param-types.js';

const byNode = compile(v.strictObject({ nodeId: name }));
const byRequest = compile(v.strictObject({ requestId: name }));
const anyValue = optional(v.unknown());
const anyText = optional(v.nullable(v.string()));

export const nodeParams = {
  'node.list': none,
  'node.describe': byNode,
  'node.rename': compile(v.strictObject({ nodeId: name, displayName: name })),
  'node.pair.list': none,
  'node.pair.approve': byRequest,
  'node.pair.reject': byRequest,
  'node.pair.remove': byNode,
  'node.invoke': reading(
    compile(
      v.strictObject({
        nodeId: name,
        command: name,
        params: anyValue,
        timeoutMs: optional(milliseconds, nodeLimits.invokeDefaultMs),
        idempotencyKey: about('A repeat with the same one asks nobody.', name),
      }),
    ),
    ({ params, ...rest }) => {
      const given = params === undefined ? null : JSON.stringify(params);
      if (given && given.length > nodeLimits.paramsChars)
        return tooLong('/params', `${nodeLimits.paramsChars} characters`);
      return { ok: true, value: { ...rest, paramsJSON: JSON.stringify(given) } };
    },
  ),
  'node.invoke.result': reading(
    compile(
      v.strictObject({
        id: name,
        nodeId: name,
        ok: v.boolean(),
        payload: anyValue,
        payloadJSON: optional(about('JSON as text: instead of `payload`.', v.nullable(v.string()))),
        error: optional(v.nullable(v.object({ code: anyText, message: anyText }))),
      }),
    ),
    ({ id, nodeId, ok, payload, payloadJSON, error }) => {
      const given = ok ? payloadOf(payload, payloadJSON) : nothing;
      if (Buffer.byteLength(given.payload) + Buffer.byteLength(given.payloadJSON) > nodeLimits.payloadBytes)
        return tooLong('/payload', `${nodeLimits.payloadBytes} bytes`);
      const result: NodeResult = ok ? { ok, payload: given } : { ok, ...failureOf(error ?? {}) };
      return { ok: true, value: { id, nodeId, result } };
    },
  ),
  'node.event': reading(
    compile(v.strictObject({ event: name, payload: anyValue, payloadJSON: anyText })),
    ({ event }) => ({ ok: true, value: { event } }),
  ),
};

const nothing: NodePayload = { payload: 'null', payloadJSON: 'null' };

/** JSON that a node sends as text is a payload like any other; other text stays what it is. */
function payloadOf(payload: unknown, payloadJSON: string | null | undefined): NodePayload {
  if (typeof payloadJSON !== 'string') return { ...nothing, payload: JSON.stringify(payload ?? null) };
  if (isJson(payloadJSON)) return { ...nothing, payload: payloadJSON };
  return { ...nothing, payloadJSON: JSON.stringify(payloadJSON) };
}

/** Text with more values than a frame may have is not parsed to find out. */
function isJson(text: string): boolean {
  if (outlineOf(Buffer.from(text), 0).values > largeFrameLimits.values) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface NodeError {
  readonly code?: string | null;
  readonly message?: string | null;
}

function failureOf({ code, message }: NodeError): { readonly code: string; readonly message: string } {
  const cut = (text: string): string => text.slice(0, nodeLimits.messageChars);
  return { code: cut(code || 'NODE_ERROR'), message: cut(message || 'node invoke failed') };
}

function tooLong(path: string, most: string) {
  return { ok: false, problems: [{ path, message: `must have at most ${most} as JSON` }] } as const;
}
