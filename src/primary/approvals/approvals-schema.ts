/**
 * The file of exec approvals (methods.md §11): what agents may run. Closed: a misspelled key would be a rule that is not
 * there. Some keys of files that other programs wrote are taken without effect; without them less is allowed, not more.
 */
import * as v from 'valibot';
import { approvalLimits } from '../../shared/tools/limits.js';
import { about, compile, ignored, list, map } from '../../shared/schema.js';

export const securities = ['deny', 'allowlist', 'full'] as const;
export const askModes = ['off', 'on-miss', 'always'] as const;

const text = v.pipe(v.string(), v.maxLength(approvalLimits.commandChars));
const rules = {
  security: v.exactOptional(v.picklist(securities)),
  ask: v.exactOptional(v.picklist(askModes)),
  askFallback: ignored,
  autoAllowSkills: ignored,
};

const Entry = v.strictObject({
  id: v.exactOptional(v.pipe(v.string(), v.maxLength(64))),
  pattern: about(
    'Path of a program; `*` and `?` within a part of it, `**` for any parts, a leading `~`. Without `/`: a name that is found in the search path.',
    v.pipe(v.string(), v.minLength(1), v.maxLength(approvalLimits.patternChars)),
  ),
  lastUsedAt: v.exactOptional(v.number()),
  lastUsedCommand: v.exactOptional(text),
  lastResolvedPath: v.exactOptional(text),
});

const Agent = v.strictObject({ ...rules, allowlist: v.exactOptional(list(Entry, approvalLimits.entries)) });

const agentName = v.pipe(v.string(), v.regex(/^(?:\*|[A-Za-z0-9][A-Za-z0-9_-]{0,63})$/));

export const ApprovalsFile = v.strictObject({
  version: v.literal(1),
  defaults: v.exactOptional(v.strictObject(rules)),
  agents: v.exactOptional(
    about('By agent; `*` is for all of them.', map(agentName, Agent, approvalLimits.agents)),
  ),
  socket: ignored,
});

export type ApprovalsFile = v.InferOutput<typeof ApprovalsFile>;
export type Security = (typeof securities)[number];
export type AskMode = (typeof askModes)[number];

export const approvalsFile = compile(ApprovalsFile);

/** As it is kept and shown: what a file may leave out is written out. */
export function encodeApprovals({ defaults = {}, agents = {} }: ApprovalsFile): string {
  const { security = 'allowlist', ask = 'on-miss' } = defaults;
  return `${JSON.stringify({ version: 1, defaults: { ...defaults, security, ask }, agents }, null, 2)}\n`;
}
