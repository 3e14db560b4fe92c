/** The form of a plan (secrets.md §8), for those who write one and those who read it. */
import * as v from 'valibot';
import { SecretProvider } from '../../../shared/config/secrets-schema.js';
import { compile } from '../../../shared/schema.js';
import { aliasPattern } from '../../../shared/secrets/ref.js';

export const PLAN_VERSION = 1;
export const PLAN_PROTOCOL = 1;

const text = v.pipe(v.string(), v.minLength(1));
const alias = v.pipe(v.string(), v.regex(aliasPattern));
const flag = v.optional(v.boolean(), true);

/** What of a target is about its place is judged apart: `plan-target.ts`. */
const PlanTarget = v.strictObject({
  type: v.string(),
  path: v.string(),
  pathSegments: v.exactOptional(v.array(v.string())),
  providerId: v.exactOptional(text),
  accountId: v.exactOptional(text),
  agentId: v.exactOptional(text),
  authProfileProvider: v.exactOptional(text),
  ref: v.strictObject({ source: text, provider: text, id: text }),
});

const Plan = v.strictObject({
  version: v.literal(PLAN_VERSION),
  protocolVersion: v.literal(PLAN_PROTOCOL),
  generatedAt: v.exactOptional(v.string()),
  generatedBy: v.exactOptional(v.string()),
  providerUpserts: v.optional(v.record(alias, SecretProvider), {}),
  providerDeletes: v.optional(v.array(alias), []),
  targets: v.array(PlanTarget),
  options: v.optional(
    v.strictObject({
      scrubEnv: flag,
      scrubAuthProfilesForProviderTargets: flag,
      scrubLegacyAuthJson: flag,
    }),
    {},
  ),
});

export const planCheck = compile(Plan);

export type ParsedPlan = v.InferOutput<typeof Plan>;
export type PlanTarget = ParsedPlan['targets'][number];
/** As it is written in files. */
export type PlanFile = v.InferInput<typeof Plan>;
