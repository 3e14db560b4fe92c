/**
 * Looks for credentials that are written in plain text, and for refs that lead nowhere (secrets.md §10.1). Reads files;
 * runs commands of providers only when it may.
 */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig, type InvalidConfig, type LoadedConfig } from '../../shared/config/load.js';
import { valueOf } from '../../shared/config/read/node.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { describeFailure } from '../../shared/secrets/failure.js';
import { resolveRefs, type ResolvableRef } from '../../shared/secrets/resolve.js';
import { judgeRefs } from '../../shared/secrets/surfaces.js';
import { UserError } from '../user-error.js';
import { namesCredential, plaintext, type AuditReport, type Finding } from './finding.js';
import { readScanned } from './read-json.js';
import { scanAgents, type ProfileRef } from './scan-agents.js';
import { scanConfig } from './scan-config.js';

export interface AuditOptions {
  readonly env: Environment;
  readonly paths: Paths;
  readonly allowExec: boolean;
}

/** @throws UserError when a file cannot be looked into, or the config is not valid */
export async function auditSecrets({ env, paths, allowExec }: AuditOptions): Promise<AuditReport> {
  const { configPath, stateDir, home } = paths;
  const loaded = requireValid(loadConfig({ path: configPath, env, askLoginShell: () => ({}) }), configPath);
  const inConfig = scanConfig(configPath, valueOf(loaded.source.root));
  const { secrets } = loaded.config;
  const agents = scanAgents({ stateDir, defaults: secrets.defaults, withRef: providersWithRef(loaded) });
  const dotenv = scanDotenv([join(stateDir, '.env'), join(dirname(configPath), '.env')]);

  const all = [...configRefs(loaded), ...agents.refs.map(profileRef)];
  const checked = all.filter(({ ref }) => allowExec || ref.source !== 'exec');
  const { signal } = new AbortController();
  const { failures } = await resolveRefs(checked, { secrets, env: loaded.env, home, signal });
  const unresolved = failures.map((failure): Finding => {
    const profile = agents.refs.find((ref) => profileRef(ref).path === failure.path);
    const message = describeFailure({ ...failure, path: profile?.path ?? failure.path });
    return {
      code: 'REF_UNRESOLVED',
      severity: 'error',
      file: profile?.file ?? configPath,
      jsonPath: profile?.path ?? failure.path,
      message,
    };
  });
  const findings = [...unresolved, ...inConfig, ...dotenv.findings, ...agents.findings];
  const count = (code: Finding['code']): number => findings.filter((finding) => finding.code === code).length;
  const skippedExecRefs = all.length - checked.length;
  return {
    version: 1,
    status: unresolved.length > 0 ? 'unresolved' : findings.length > 0 ? 'findings' : 'clean',
    resolution: {
      refsChecked: checked.length,
      skippedExecRefs,
      resolvabilityComplete: skippedExecRefs === 0,
    },
    filesScanned: [...(loaded.exists ? [configPath] : []), ...dotenv.files, ...agents.files],
    summary: {
      plaintextCount: count('PLAINTEXT_FOUND'),
      unresolvedRefCount: count('REF_UNRESOLVED'),
      shadowedRefCount: count('REF_SHADOWED'),
      legacyResidueCount: count('LEGACY_RESIDUE'),
    },
    findings,
  };
}

function requireValid(loaded: LoadedConfig | InvalidConfig, path: string): LoadedConfig {
  if (loaded.ok) return loaded;
  throw new UserError(
    `${path} is not a valid config`,
    loaded.issues.map((issue) => `- ${issue.path || '<root>'}: ${issue.message}`),
  );
}

/** Those that a gateway would need. */
function configRefs({ document, refs, env }: LoadedConfig): readonly ResolvableRef[] {
  const flags = { mode: undefined, token: undefined, password: undefined };
  return judgeRefs({ document, refs, env, flags }).filter(({ active }) => active);
}

/** Paths of several files must not be taken for each other. */
function profileRef({ file, path, ref }: ProfileRef): ResolvableRef {
  return { path: `${file}#${path}`, ref, target: { anyText: false } };
}

function providersWithRef({ refs }: LoadedConfig): ReadonlySet<string> {
  const keys = refs.filter(({ target }) => target.type === 'models.providers.apiKey');
  return new Set(keys.map(({ ownerId }) => ownerId));
}

function scanDotenv(paths: readonly string[]): { readonly files: string[]; readonly findings: Finding[] } {
  const files: string[] = [];
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const text = readScanned(path);
    if (text === undefined || seen.has(realpathSync(path))) continue;
    seen.add(realpathSync(path));
    files.push(path);
    for (const line of text.split('\n')) {
      const [, name = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*[^\s#]/.exec(line) ?? [];
      if (namesCredential(name)) findings.push(plaintext(path, name));
    }
  }
  return { files, findings };
}
