/** `hooks.mappings` of the config: what becomes of payloads that are not made for this gateway (http.md §11.4). */
import * as v from 'valibot';
import { hookLimits } from '../hooks/limits.js';
import { wakeModes } from '../hooks/questions.js';

const text = v.pipe(v.string(), v.minLength(1));
const optional = v.exactOptional(text);
const flag = v.exactOptional(v.boolean());

export const HookMapping = v.strictObject({
  /** For the log. */
  id: optional,
  match: v.exactOptional(v.strictObject({ path: optional, source: optional })),
  action: v.exactOptional(v.picklist(['wake', 'agent'])),
  textTemplate: optional,
  messageTemplate: optional,
  name: optional,
  sessionKey: optional,
  to: optional,
  accountId: optional,
  model: optional,
  thinking: optional,
  wakeMode: v.exactOptional(v.picklist(wakeModes)),
  deliver: flag,
  channel: optional,
  agentId: optional,
  timeoutSeconds: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
  allowUnsafeExternalContent: flag,
  transform: v.exactOptional(v.strictObject({ module: text, export: optional })),
});

export const HookMappings = v.pipe(v.array(HookMapping), v.maxLength(hookLimits.mappings));

export type HookMapping = v.InferOutput<typeof HookMapping>;
