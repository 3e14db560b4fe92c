/** What would be after a plan: the config, the auth profiles, and every file that changes (secrets.md §8.2). Writes nothing. */
import type { LoadedConfig } from '../../../shared/config/load.js';
import { valueOf } from '../../../shared/config/read/node.js';
import { describeIssue } from '../../../shared/config/read/source.js';
import type { Edit } from '../../../shared/config/write/edits.js';
import { ConfigWriteError } from '../../../shared/config/write/error.js';
import { projectConfig, type Projection } from '../../../shared/config/write/project.js';
import type { FileChange } from '../../../shared/config/write/replace-files.js';
import type { Environment, Paths } from '../../../shared/paths.js';
import { valueAt } from '../../../shared/secrets/config-refs.js';
import { ProfilesUnusable, type ProfileStore } from '../../../shared/secrets/profiles/store.js';
import { configPath as placeIn } from '../../../shared/secrets/targets.js';
import { UserError } from '../../user-error.js';
import { isPlaintext } from '../scan-config.js';
import { changeStores, readOwn, scrubEnvFiles, scrubLegacyFiles } from './credential-files.js';
import type { PlacedTarget } from './plan-target.js';
import type { Plan } from './read-plan.js';

export interface PlanProjection {
  readonly config: Projection;
  /** Of all agents. */
  readonly stores: readonly ProfileStore[];
  readonly files: readonly FileChange[];
  /** Values that were in plain text, and are kept elsewhere. */
  readonly plaintexts: ReadonlySet<string>;
}

/** @throws UserError when there is nothing valid before, or would be after */
export function projectPlan(
  plan: Plan,
  env: Environment,
  paths: Pick<Paths, 'configPath' | 'stateDir'>,
): PlanProjection {
  const inConfig = plan.targets.filter(({ agentId }) => agentId === undefined);
  const config = projected(() => projectConfig({ path: paths.configPath, env }, configEdits(plan, inConfig)));
  const before = valueOf(config.before.source.root);
  const { scrubEnv, scrubAuthProfilesForProviderTargets, scrubLegacyAuthJson } = plan.options;
  const cleared = inConfig.flatMap(({ target, segments }) =>
    target.type === 'models.providers.apiKey' ? (segments[2] ?? []) : [],
  );
  const changed = projected(() =>
    changeStores(
      paths.stateDir,
      plan.targets.filter(({ agentId }) => agentId !== undefined),
      new Set(scrubAuthProfilesForProviderTargets ? cleared : []),
    ),
  );
  const plaintexts = new Set(
    [...inConfig.map(({ segments }) => valueAt(before, segments)), ...changed.plaintexts].filter(
      (value): value is string => typeof value === 'string' && isPlaintext(value),
    ),
  );
  const kept = variablesIn(config.after, changed.stores);
  return {
    config,
    stores: changed.stores,
    files: [
      ...config.files.map(({ path, before: former, after }) => ({
        path,
        before: requireSame(path, former),
        after,
      })),
      ...changed.files,
      ...(scrubEnv && plaintexts.size > 0 ? scrubEnvFiles(paths, { values: plaintexts, kept }) : []),
      ...(scrubLegacyAuthJson ? scrubLegacyFiles(paths.stateDir) : []),
    ],
    plaintexts,
  };
}

function configEdits(plan: Plan, targets: readonly PlacedTarget[]): Edit[] {
  const providers = ['secrets', 'providers'];
  return [
    ...Object.entries(plan.providerUpserts).map(([alias, value]) => ({ path: [...providers, alias], value })),
    ...plan.providerDeletes.map((alias) => ({ path: [...providers, alias], remove: true as const })),
    ...targets.map(({ segments, target, ref }) => ({ path: placeIn(segments, target.shape), value: ref })),
  ];
}

/** Names of variables that something would still ask for. */
function variablesIn({ refs, written, config }: LoadedConfig, stores: readonly ProfileStore[]): Set<string> {
  const inProfiles = stores.flatMap(({ profiles }) =>
    [...profiles.values()].flatMap((profile) => JSON.stringify(profile)),
  );
  const passed = Object.values(config.secrets.providers).flatMap((provider) =>
    provider.source === 'exec' ? provider.passEnv : [],
  );
  const texts = [...written.values(), ...inProfiles];
  return new Set([
    ...refs.flatMap(({ ref }) => (ref.source === 'env' ? ref.id : [])),
    ...texts.flatMap((text) => text.match(/[A-Z_][A-Z0-9_]*/g) ?? []),
    ...passed,
  ]);
}

/** The bytes behind a text. @throws UserError */
function requireSame(path: string, text: string | undefined): Buffer | undefined {
  const bytes = readOwn(path);
  const same =
    bytes === undefined ? text === undefined : text !== undefined && bytes.equals(Buffer.from(text));
  if (same) return bytes;
  throw new UserError(`${path} is not UTF-8, or has changed meanwhile`);
}

function projected<T>(project: () => T): T {
  try {
    return project();
  } catch (caught) {
    if (caught instanceof ProfilesUnusable) throw new UserError(caught.message);
    if (!(caught instanceof ConfigWriteError)) throw caught;
    const issues = caught.issues.map((issue) => `- ${describeIssue(issue)}`);
    throw new UserError(caught.message, issues, { details: { issues: caught.issues } });
  }
}
