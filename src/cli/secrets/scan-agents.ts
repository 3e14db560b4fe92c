/**
 * Files of agents that hold credentials (secrets.md §9): auth profiles, models, and the older `auth.json`. Refs in auth
 * profiles are gathered, to be resolved with those of the config.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRef, type ProviderDefaults, type SecretRef } from '../../shared/secrets/ref.js';
import { isRecord, recordOf, textOf } from '../record.js';
import { namesCredential, plaintext, type Finding } from './finding.js';
import { readScannedJson } from './read-json.js';
import { isPlaintext } from './scan-config.js';

export interface ProfileRef {
  readonly file: string;
  readonly path: string;
  readonly ref: SecretRef;
}

export interface AgentScan {
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
  readonly refs: readonly ProfileRef[];
}

export interface AgentScanOptions {
  readonly stateDir: string;
  readonly defaults: ProviderDefaults;
  /** Model providers whose key the config has a ref for. */
  readonly withRef: ReadonlySet<string>;
}

/** @throws UserError when a file cannot be looked into */
export function scanAgents({ stateDir, defaults, withRef }: AgentScanOptions): AgentScan {
  const files: string[] = [];
  const findings: Finding[] = [];
  const refs: ProfileRef[] = [];
  const look = (file: string, at: (document: unknown) => void): void => {
    const document = readScannedJson(file);
    if (document === undefined) return;
    files.push(file);
    at(document);
  };
  for (const dir of agentDirs(stateDir)) {
    const profiles = join(dir, 'auth-profiles.json');
    look(profiles, (document) => {
      for (const [id, profile] of Object.entries(recordOf(recordOf(document).profiles))) {
        const { ref, found } = scanProfile(profiles, id, recordOf(profile), defaults, withRef);
        findings.push(...found);
        refs.push(...ref);
      }
    });
    const models = join(dir, 'models.json');
    look(models, (document) => findings.push(...scanModels(models, document)));
    const legacy = join(dir, 'auth.json');
    look(legacy, (document) => findings.push(...scanLegacy(legacy, document)));
  }
  return { files, findings, refs };
}

function agentDirs(stateDir: string): string[] {
  const agents = join(stateDir, 'agents');
  try {
    return readdirSync(agents, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(agents, name, 'agent'));
  } catch {
    return []; // there are no agents with files
  }
}

function scanProfile(
  file: string,
  profileId: string,
  profile: Readonly<Record<string, unknown>>,
  defaults: ProviderDefaults,
  withRef: ReadonlySet<string>,
): { readonly ref: ProfileRef[]; readonly found: Finding[] } {
  const provider = textOf(profile.provider) ?? '';
  const ref: ProfileRef[] = [];
  const found: Finding[] = [];
  for (const field of ['key', 'token']) {
    const path = `profiles.${profileId}.${field}`;
    const facts = { provider, profileId };
    if (isPlaintext(profile[field])) found.push(plaintext(file, path, facts));
    const read = readRef(profile[`${field}Ref`] ?? profile[field], defaults);
    if (read.kind === 'ref') ref.push({ file, path, ref: read.ref });
  }
  if (withRef.has(provider) && (ref.length > 0 || found.length > 0))
    found.push({
      code: 'REF_SHADOWED',
      severity: 'warn',
      file,
      jsonPath: `profiles.${profileId}`,
      message: `models.providers.${provider}.apiKey in the config is a SecretRef, too`,
      provider,
      profileId,
    });
  return { ref, found };
}

function scanModels(file: string, document: unknown): Finding[] {
  return Object.entries(recordOf(recordOf(document).providers)).flatMap(([provider, entry]) => {
    const { apiKey, headers } = recordOf(entry);
    const at = `providers.${provider}`;
    const named = Object.entries(recordOf(headers)).filter(([name]) => namesCredential(name));
    return [['apiKey', apiKey] as const, ...named.map(([name, value]) => [`headers.${name}`, value] as const)]
      .filter(([, value]) => isPlaintext(value))
      .map(([field]) => plaintext(file, `${at}.${field}`, { provider }));
  });
}

function scanLegacy(file: string, document: unknown): Finding[] {
  return Object.entries(recordOf(document)).flatMap(([id, entry]): Finding[] =>
    isRecord(entry) && entry.type === 'api_key'
      ? [
          {
            code: 'LEGACY_RESIDUE',
            severity: 'warn',
            file,
            jsonPath: id,
            message: 'an older file still holds a credential; nothing reads it',
            provider: id,
          },
        ]
      : [],
  );
}
