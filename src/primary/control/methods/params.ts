/**
 * What each method takes (methods.md). These schemas are apart from the methods because the thread for large
 * frames needs nothing else of them. What a schema describes is what reaches the method, so it must be bounded.
 */
import * as v from 'valibot';
import { requestLimits } from '../../../shared/limits.js';
import { compile, list, type Check } from '../../../shared/schema.js';

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const name = text(requestLimits.textChars);
const none = compile(v.strictObject({}));

const system = {
  health: compile(v.object({ probe: v.exactOptional(v.boolean()) })),
  status: compile(v.strictObject({ includeChannelSummary: v.exactOptional(v.boolean()) })),
  'system-presence': none,
};

const byRequest = compile(v.strictObject({ requestId: name }));

const devices = {
  'device.pair.list': none,
  'device.pair.approve': byRequest,
  'device.pair.reject': byRequest,
  'device.pair.remove': compile(v.strictObject({ deviceId: name })),
  'device.pair.rename': compile(
    v.strictObject({ deviceId: name, label: v.pipe(v.string(), v.maxLength(64)) }),
  ),
  'device.token.rotate': compile(
    v.strictObject({ deviceId: name, role: name, scopes: v.exactOptional(list(name, requestLimits.scopes)) }),
  ),
  'device.token.revoke': compile(v.strictObject({ deviceId: name, role: name })),
};

export const methodParams = { ...system, ...devices } satisfies Record<string, Check<unknown>>;

export type MethodName = keyof typeof methodParams;
export type ParamsOf<N extends MethodName> =
  (typeof methodParams)[N] extends Check<infer Params> ? Params : never;
