/** Fields that may hold a ref, as far as the config and one agent's auth profiles have a place for them (secrets.md §4). */
import type { LoadedConfig } from '../../../shared/config/load.js';
import { formatPath } from '../../../shared/config/path.js';
import { valueOf } from '../../../shared/config/read/node.js';
import { valueAt } from '../../../shared/secrets/config-refs.js';
import type { ProfileStore } from '../../../shared/secrets/profiles/store.js';
import { readRef } from '../../../shared/secrets/ref.js';
import {
  configPath,
  placesOf,
  profileTargets,
  secretTargets,
  type SecretTarget,
} from '../../../shared/secrets/targets.js';
import type { PlanFile } from '../plan/plan-schema.js';

export type FieldTarget = Omit<PlanFile['targets'][number], 'ref'>;

export interface Field {
  readonly target: FieldTarget;
  readonly state: 'plain text' | 'a SecretRef' | 'not set';
}

export function fieldsOf({ source, config }: LoadedConfig, store: ProfileStore | undefined): Field[] {
  const document = valueOf(source.root);
  const ids = [...config.models.providers.keys()];
  const present = secretTargets.flatMap((target) =>
    [...placesOf(target, document)].map(({ segments, value }) => configField(target, segments, value)),
  );
  const unset = secretTargets.flatMap((target) =>
    usualPlaces(target, ids)
      .filter((segments) => valueAt(document, segments) === undefined)
      .map((segments) => configField(target, segments, undefined)),
  );
  return [...present, ...unset, ...(store ? profileFields(store) : [])];
}

/** Offered also where nothing is set. */
function usualPlaces({ type, owner, shape }: SecretTarget, providerIds: readonly string[]): string[][] {
  if (owner === 'gateway-auth') return [[...shape]];
  if (type !== 'models.providers.apiKey') return [];
  return providerIds.map((id) => shape.map((part) => (part === '*' ? id : part)));
}

/** Of a profile that may not exist yet. */
export function profileField(
  agentId: string,
  id: string,
  field: 'key' | 'token',
  authProfileProvider: string,
): FieldTarget {
  const pathSegments = ['profiles', id, field];
  const { type } = profileTargets[field];
  return { type, path: pathSegments.join('.'), pathSegments, agentId, authProfileProvider };
}

function configField({ type, shape }: SecretTarget, segments: readonly string[], value: unknown): Field {
  const path = formatPath(configPath(segments, shape));
  return { target: { type, path, pathSegments: [...segments] }, state: stateOf(value) };
}

function profileFields({ agentId, profiles }: ProfileStore): Field[] {
  return [...profiles].flatMap(([id, profile]): Field[] => {
    if (profile.type === 'oauth') return [];
    const [field, held] =
      profile.type === 'token'
        ? (['token', profile.tokenRef ?? profile.token] as const)
        : (['key', profile.keyRef ?? profile.key] as const);
    return [{ target: profileField(agentId, id, field, profile.provider), state: stateOf(held) }];
  });
}

function stateOf(value: unknown): Field['state'] {
  if (value === undefined) return 'not set';
  return readRef(value).kind === 'ref' ? 'a SecretRef' : 'plain text';
}
