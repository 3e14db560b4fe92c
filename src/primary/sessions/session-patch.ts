/** What a patch makes of a session's entry: which values a field may have, and what clears it (methods.md §4.1). */
import { isModelRef, splitModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import { queueModes } from '../../shared/config/queue-schema.js';
import type { RouteTable } from '../../shared/routes.js';
import type { SessionEntry } from '../../shared/store/records.js';
import { thinkingLevels } from '../../shared/thinking.js';
import { SessionRefusal } from './session-refusal.js';

/** Null clears a field. */
export type SessionPatch = Readonly<Record<string, unknown>> & {
  readonly label?: string | null;
  readonly model?: string | null;
};

/** Fields that only an admin may set: what they say changes what a run may do. */
export const privilegedFields: ReadonlySet<string> = new Set([
  'elevatedLevel',
  'execHost',
  'execSecurity',
  'execAsk',
  'execNode',
  'sendPolicy',
  'groupActivation',
  'permissionMode',
  'sandboxMode',
  'traceLevel',
  'toolOverrides',
  'agentRuntime',
  'inheritedToolAllow',
  'inheritedToolDeny',
  'completionOwnerSessionKey',
]);

/** Fields with few values, and how they are named to whoever gives another one. */
const choices: Readonly<Record<string, { readonly of: readonly unknown[]; readonly named: string }>> = {
  thinkingLevel: { of: thinkingLevels, named: thinkingLevels.join('|') },
  verboseLevel: { of: ['on', 'off', 'full'], named: '"on"|"off"|"full"' },
  reasoningLevel: { of: ['on', 'off', 'stream'], named: '"on"|"off"|"stream"' },
  fastMode: { of: [true, false, 'auto'], named: 'true|false|"auto"' },
  responseUsage: { of: ['on', 'off', 'tokens', 'full'], named: '"on"|"off"|"tokens"|"full"' },
  queueMode: { of: queueModes, named: queueModes.join('|') },
  sendPolicy: { of: ['allow', 'deny'], named: '"allow"|"deny"' },
};

/** @throws SessionRefusal for a value that a field cannot have */
export function patchedEntry(entry: SessionEntry, patch: SessionPatch, routes: RouteTable): SessionEntry {
  const { label, model, ...plain } = patch;
  const after: Record<string, unknown> & SessionEntry = { ...entry };
  for (const [field, value] of Object.entries(plain)) {
    const choice = choices[field];
    if (value !== null && choice && !choice.of.includes(value))
      throw new SessionRefusal(`invalid ${field} (use ${choice.named})`);
    setOrClear(after, field, value);
  }
  if (label !== undefined) setOrClear(after, 'label', readLabel(label));
  if (model !== undefined) {
    const chosen = model === null ? undefined : splitModelRef(allowedModel(model, routes));
    setOrClear(after, 'providerOverride', chosen?.provider ?? null);
    setOrClear(after, 'modelOverride', chosen?.model ?? null);
  }
  return after;
}

function readLabel(label: string | null): string | null {
  if (label === null) return null;
  const text = label.trim();
  if (text === '') throw new SessionRefusal('invalid label: must not be empty');
  return text;
}

/** A model by its whole name, or by its own name when only one provider has it. */
function allowedModel(name: string, { allowed }: RouteTable): ModelRef {
  if (isModelRef(name) && allowed.includes(name)) return name;
  const [only, ...others] = allowed.filter((ref) => splitModelRef(ref).model === name);
  if (only && others.length === 0) return only;
  throw new SessionRefusal(`model not allowed: ${name}`);
}

function setOrClear(entry: Record<string, unknown>, field: string, value: unknown): void {
  if (value === null) delete entry[field];
  else entry[field] = value;
}
