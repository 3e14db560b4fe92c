/**
 * What each method takes (methods.md §2). These schemas are apart from the methods because the thread for large
 * frames needs nothing else of them. What a schema describes is what reaches the method, so it must be bounded.
 */
import * as v from 'valibot';
import { compile, type Check } from '../../../shared/schema.js';

export const methodParams = {
  health: compile(v.object({ probe: v.exactOptional(v.boolean()) })),
  status: compile(v.strictObject({ includeChannelSummary: v.exactOptional(v.boolean()) })),
  'system-presence': compile(v.strictObject({})),
} satisfies Record<string, Check<unknown>>;

export type MethodName = keyof typeof methodParams;
export type ParamsOf<N extends MethodName> =
  (typeof methodParams)[N] extends Check<infer Params> ? Params : never;
