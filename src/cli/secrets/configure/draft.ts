/** What has been chosen so far: the beginnings of a plan. */
import { valueOf } from '../../../shared/config/read/node.js';
import type { LoadedConfig } from '../../../shared/config/load.js';
import { defaultProvider, type SecretRef, type SecretSource } from '../../../shared/secrets/ref.js';
import { recordOf } from '../../record.js';
import { PLAN_PROTOCOL, PLAN_VERSION, type PlanFile } from '../plan/plan-schema.js';

type FileTarget = PlanFile['targets'][number];

export interface Draft {
  /** Providers as they would be, as the config writes them, by alias. */
  readonly providers: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  setProvider(alias: string, provider: Readonly<Record<string, unknown>>): void;
  removeProvider(alias: string): void;
  /** Aliases that a ref of a source may name. */
  aliasesOf(source: SecretSource): readonly string[];
  readonly targets: readonly FileTarget[];
  /** In the place of what was chosen for the same field before. */
  setTarget(target: Omit<FileTarget, 'ref'>, ref: SecretRef): void;
  /** Undefined while nothing would change. */
  plan(now: Date): PlanFile | undefined;
}

export function createDraft({ source, config }: LoadedConfig): Draft {
  const present = recordOf(recordOf(recordOf(valueOf(source.root)).secrets).providers);
  const providers = new Map(Object.entries(present).map(([alias, entry]) => [alias, recordOf(entry)]));
  const changed = new Set<string>();
  const targets = new Map<string, FileTarget>();
  return {
    providers,
    setProvider(alias, provider) {
      providers.set(alias, provider);
      changed.add(alias);
    },
    removeProvider(alias) {
      providers.delete(alias);
      if (Object.hasOwn(present, alias)) changed.add(alias);
      else changed.delete(alias);
    },
    aliasesOf(wanted) {
      const declared = [...providers].filter(([, entry]) => entry.source === wanted).map(([alias]) => alias);
      const usual = defaultProvider(wanted, config.secrets.defaults);
      const isThere = wanted === 'env' && !providers.has(usual);
      return [...new Set([...(isThere ? [usual] : []), ...declared])];
    },
    get targets() {
      return [...targets.values()];
    },
    setTarget(target, ref) {
      targets.set(`${target.agentId ?? ''} ${target.path}`, { ...target, ref: { ...ref } });
    },
    plan(now) {
      const upserts = [...changed].filter((alias) => providers.has(alias));
      const deletes = [...changed].filter((alias) => !providers.has(alias));
      if (changed.size + targets.size === 0) return undefined;
      return {
        version: PLAN_VERSION,
        protocolVersion: PLAN_PROTOCOL,
        generatedAt: now.toISOString(),
        generatedBy: 'pllan secrets configure',
        providerUpserts: Object.fromEntries(
          upserts.map((alias) => [alias, providers.get(alias)]),
        ) as NonNullable<PlanFile['providerUpserts']>,
        providerDeletes: deletes,
        targets: [...targets.values()],
        options: { scrubEnv: true, scrubAuthProfilesForProviderTargets: true, scrubLegacyAuthJson: true },
      };
    },
  };
}
