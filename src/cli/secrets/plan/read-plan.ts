/** Reads a plan and judges all that can be judged without the config (secrets.md §8). */
import type { SecretProviderConfig } from '../../../shared/config/secrets-schema.js';
import { isRecord } from '../../../shared/is-record.js';
import { readRegularText } from '../../../shared/regular-file.js';
import { describeProblems } from '../../../shared/schema.js';
import { toError } from '../../../shared/to-error.js';
import { planLimits } from '../../limits.js';
import { UserError } from '../../user-error.js';
import { PLAN_PROTOCOL, PLAN_VERSION, planCheck, type ParsedPlan } from './plan-schema.js';
import { describeTarget, placeTarget, type PlacedTarget } from './plan-target.js';

export interface Plan {
  readonly targets: readonly PlacedTarget[];
  /** As they are written: what they leave out stays left out. */
  readonly providerUpserts: Readonly<Record<string, object>>;
  readonly providerDeletes: readonly string[];
  readonly options: ParsedPlan['options'];
  /** It would run commands of providers. */
  readonly usesExec: boolean;
}

/** @throws UserError */
export function readPlanFile(path: string): Plan {
  let text: string | undefined;
  try {
    text = readRegularText(path, planLimits.fileBytes);
  } catch (caught) {
    throw new UserError(`Plan file ${path} ${toError(caught).message}`);
  }
  if (text === undefined) throw new UserError(`Plan file ${path} is not there`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new UserError(`Plan file ${path} is not valid JSON`);
  }
  return readPlan(document);
}

/** @throws UserError */
export function readPlan(document: unknown): Plan {
  if (!isRecord(document)) throw new UserError('Invalid plan: it must be an object');
  if (document.version !== PLAN_VERSION) throw new UserError('Unsupported plan version');
  if (document.protocolVersion !== PLAN_PROTOCOL) throw new UserError('Unsupported plan protocolVersion');
  const parsed = planCheck.parse(document);
  if (!parsed.ok) throw new UserError(`Invalid plan: ${describeProblems(parsed.problems)}`);
  const { providerUpserts, providerDeletes, options } = parsed.value;
  const targets = parsed.value.targets.map(placeTarget);
  refuseTwice(targets);
  const both = providerDeletes.find((alias) => Object.hasOwn(providerUpserts, alias));
  if (both !== undefined) throw new UserError(`Invalid plan: provider "${both}" is both set and removed`);
  const changesNothing = targets.length + providerDeletes.length + Object.keys(providerUpserts).length === 0;
  if (changesNothing) throw new UserError('Invalid plan: it has neither targets nor provider changes');
  return {
    targets,
    providerUpserts: (document.providerUpserts ?? {}) as Plan['providerUpserts'],
    providerDeletes,
    options,
    usesExec:
      targets.some(({ ref }) => ref.source === 'exec') ||
      Object.values<SecretProviderConfig>(providerUpserts).some(({ source }) => source === 'exec'),
  };
}

function refuseTwice(targets: readonly PlacedTarget[]): void {
  const seen = new Set<string>();
  for (const target of targets) {
    const key = JSON.stringify([target.agentId, target.segments]);
    if (seen.has(key)) throw new UserError(`Invalid plan: ${describeTarget(target)} is a target twice`);
    seen.add(key);
  }
}
