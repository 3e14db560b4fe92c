/** Auth profiles of agents and the refs in them, as part of a secrets snapshot (secrets.md §9). */
import type { AgentProfiles, AuthProfileConfig } from '../../config/auth-schema.js';
import type { LoadedConfig } from '../../config/load.js';
import type { RefFailure } from '../failure.js';
import { readRef, type ProviderDefaults, type SecretRef } from '../ref.js';
import type { JudgedRef } from '../surfaces.js';
import { profileTargets } from '../targets.js';
import type { ProfileStore, StoredProfile } from './store.js';

export interface ProfileWarning {
  readonly code: 'SECRETS_REF_OVERRIDES_PLAINTEXT' | 'SECRETS_AUTH_PROFILE_EXPIRED';
  readonly path: string;
  readonly message: string;
}

export interface GatheredProfiles {
  /** Always in use. */
  readonly refs: readonly JudgedRef[];
  /** Refs that may not be where they are. */
  readonly failures: readonly RefFailure[];
  readonly warnings: readonly ProfileWarning[];
}

/** What has to be resolved, and what is wrong with it before that. */
export function gatherProfiles(
  stores: readonly ProfileStore[],
  { config, refs: configRefs }: Pick<LoadedConfig, 'config' | 'refs'>,
  now: number,
): GatheredProfiles {
  const refs: JudgedRef[] = [];
  const failures: RefFailure[] = [];
  const warnings: ProfileWarning[] = [];
  const modeOf = (id: string): string | undefined => config.auth.profiles.get(id)?.mode;
  const refuse = (path: string, id: string, ref: SecretRef): void => {
    const message = `auth.profiles.${id}.mode is oauth, whose credentials cannot be SecretRefs`;
    failures.push({ path, ref, code: 'NOT_ALLOWED', message });
  };
  for (const { path, segments, ref, target, ownerId } of configRefs)
    if (target.owner === 'auth-profile' && modeOf(ownerId) === 'oauth') refuse(path, segments[2] ?? '', ref);
  for (const { agentId, profiles } of stores) {
    for (const [id, profile] of profiles) {
      const held = credentialOf(profile, config.secrets.defaults);
      if (!held) continue;
      const path = profilePath(agentId, id, held.field);
      const expired = isExpired(profile, now);
      if (expired)
        warnings.push({
          code: 'SECRETS_AUTH_PROFILE_EXPIRED',
          path,
          message: `${path}: the token has expired and is not used`,
        });
      if (!held.ref) continue;
      if (modeOf(id) === 'oauth') refuse(path, id, held.ref);
      const segments = ['profiles', id, held.field];
      const target = profileTargets[held.field];
      refs.push({
        path,
        segments,
        target,
        ownerId: id,
        ref: held.ref,
        active: !expired,
        why: expired ? 'the token has expired' : 'auth profiles are always in use',
      });
      if (held.both || config.auth.profiles.get(id)?.[held.field] !== undefined)
        warnings.push({
          code: 'SECRETS_REF_OVERRIDES_PLAINTEXT',
          path,
          message: `${path}: there is a SecretRef and a value in plain text; the SecretRef is used`,
        });
    }
  }
  return { refs, failures, warnings };
}

/** With values in the place of refs. @param values of what `gatherProfiles` named, by path */
export function resolveProfiles(
  stores: readonly ProfileStore[],
  values: ReadonlyMap<string, string>,
  now: number,
): AgentProfiles {
  return new Map(
    stores.map(({ agentId, profiles }) => [
      agentId,
      new Map([...profiles].map(([id, profile]) => [id, resolved(agentId, id, profile, values, now)])),
    ]),
  );
}

/** As messages name a credential of an agent. */
export function profilePath(agentId: string, id: string, field: 'key' | 'token'): string {
  return `agents/${agentId}/agent/auth-profiles.json#profiles.${id}.${field}`;
}

interface HeldCredential {
  readonly field: 'key' | 'token';
  readonly ref: SecretRef | undefined;
  readonly both: boolean;
}

/** Undefined for a profile that holds none, and for one whose credentials are not ours to use. */
function credentialOf(profile: StoredProfile, defaults: ProviderDefaults): HeldCredential | undefined {
  if (profile.type === 'oauth') return undefined;
  const [field, text, own] =
    profile.type === 'api_key'
      ? (['key', profile.key, profile.keyRef] as const)
      : (['token', profile.token, profile.tokenRef] as const);
  if (own === undefined && text === undefined) return undefined;
  const read = readRef(own ?? text, defaults);
  const ref = read.kind === 'ref' ? read.ref : undefined;
  return { field, ref, both: own !== undefined && text !== undefined };
}

function resolved(
  agentId: string,
  id: string,
  profile: StoredProfile,
  values: ReadonlyMap<string, string>,
  now: number,
): AuthProfileConfig {
  const { provider, type: mode } = profile;
  if (mode === 'oauth' || isExpired(profile, now)) return { provider, mode };
  const field = mode === 'token' ? 'token' : 'key';
  const written =
    profile.type === 'token' ? profile.token : profile.type === 'api_key' ? profile.key : undefined;
  const value = values.get(profilePath(agentId, id, field)) ?? written;
  return value === undefined ? { provider, mode } : { provider, mode, [field]: value };
}

function isExpired(profile: StoredProfile, now: number): boolean {
  return profile.type === 'token' && profile.expires !== undefined && profile.expires <= now;
}
