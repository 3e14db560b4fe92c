/** Whether a gateway could start with what a plan makes (secrets.md §8.2): its refs lead somewhere. Keeps no value. */
import type { Paths } from '../../../shared/paths.js';
import { describeFailures, type RefFailure } from '../../../shared/secrets/failure.js';
import { gatherProfiles } from '../../../shared/secrets/profiles/resolve-profiles.js';
import { describeRef } from '../../../shared/secrets/ref.js';
import { providerOf, resolveRefs } from '../../../shared/secrets/resolve.js';
import { judgeRefs } from '../../../shared/secrets/surfaces.js';
import { toError } from '../../../shared/to-error.js';
import { UserError } from '../../user-error.js';
import { describeTarget } from './plan-target.js';
import type { PlanProjection } from './project-plan.js';
import type { Plan } from './read-plan.js';

export interface Preflight {
  readonly refsChecked: number;
  readonly skippedExecRefs: number;
  readonly warnings: readonly PlanWarning[];
}

export interface PlanWarning {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** @throws UserError that names what leads nowhere */
export async function preflight(
  plan: Plan,
  { config: { after }, stores }: Pick<PlanProjection, 'config' | 'stores'>,
  { home, allowExec }: Pick<Paths, 'home'> & { readonly allowExec: boolean },
): Promise<Preflight> {
  const { document, env, config } = after;
  const { secrets } = config;
  const flags = { mode: undefined, token: undefined, password: undefined };
  const inConfig = judgeRefs({ document, refs: after.refs, env, flags });
  const profiles = gatherProfiles(stores, after, Date.now());
  const all = [...inConfig, ...profiles.refs];
  requireNoUse(plan, all, secrets.defaults);
  for (const target of plan.targets) {
    try {
      providerOf(target.ref, secrets);
    } catch (caught) {
      throw new UserError(
        `${describeTarget(target)}: ${describeRef(target.ref)}: ${toError(caught).message}`,
      );
    }
  }
  refuse(profiles.failures);
  const needed = all.filter(({ active }) => active);
  const checked = needed.filter(({ ref }) => allowExec || ref.source !== 'exec');
  const { signal } = new AbortController();
  const { failures } = await resolveRefs(checked, { secrets, env, home, signal });
  refuse(failures);
  const idle = inConfig
    .filter(({ active }) => !active)
    .map(({ path, why }) => ({
      code: 'SECRETS_REF_IGNORED_INACTIVE_SURFACE',
      path,
      message: `${path}: the SecretRef is not resolved: ${why}`,
    }));
  return {
    refsChecked: checked.length,
    skippedExecRefs: needed.length - checked.length,
    warnings: [...idle, ...profiles.warnings],
  };
}

/** A provider that goes is one that nothing refers to. */
function requireNoUse(
  { providerDeletes }: Plan,
  refs: readonly Pick<RefFailure, 'path' | 'ref'>[],
  defaults: Readonly<Record<string, string | undefined>>,
): void {
  for (const alias of providerDeletes) {
    const user = refs.find(({ ref }) => ref.provider === alias)?.path;
    const source = Object.keys(defaults).find((name) => defaults[name] === alias);
    const by = user ?? (source === undefined ? undefined : `secrets.defaults.${source}`);
    if (by !== undefined) throw new UserError(`Provider "${alias}" is still referenced by ${by}`);
  }
}

function refuse(failures: readonly RefFailure[]): void {
  if (failures.length > 0)
    throw new UserError(`The plan's SecretRefs cannot be resolved. ${describeFailures(failures)}`);
}
