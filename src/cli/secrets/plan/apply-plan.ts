/** Carries a plan out, or says what that would do (secrets.md §8.2). Every file changes, or none. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { changedPaths } from '../../../shared/config/reload/plan.js';
import { ConfigWriteError } from '../../../shared/config/write/error.js';
import { audit } from '../../../shared/config/write/keep.js';
import { withConfigLock } from '../../../shared/config/write/lock.js';
import { replaceFiles } from '../../../shared/config/write/replace-files.js';
import type { Environment, Paths } from '../../../shared/paths.js';
import { toError } from '../../../shared/to-error.js';
import { UserError } from '../../user-error.js';
import { readOwn } from './credential-files.js';
import { preflight, type PlanWarning } from './preflight.js';
import { projectPlan, type PlanProjection } from './project-plan.js';
import type { Plan } from './read-plan.js';

export interface ApplyOptions {
  readonly env: Environment;
  readonly paths: Paths;
  readonly allowExec: boolean;
  readonly dryRun: boolean;
}

export interface ApplyReport {
  readonly mode: 'dry-run' | 'write';
  readonly changed: boolean;
  readonly changedFiles: readonly string[];
  readonly checks: { readonly resolvability: true; readonly resolvabilityComplete: boolean };
  readonly refsChecked: number;
  readonly skippedExecRefs: number;
  readonly warningCount: number;
  readonly warnings: readonly PlanWarning[];
}

/** @throws UserError; nothing has changed then */
export async function applyPlan(
  plan: Plan,
  { env, paths, allowExec, dryRun }: ApplyOptions,
): Promise<ApplyReport> {
  if (plan.usesExec && !allowExec && !dryRun)
    throw new UserError('The plan has SecretRefs or providers of source exec. Allow them with --allow-exec.');
  const projection = projectPlan(plan, env, paths);
  const found = await preflight(plan, projection, { home: paths.home, allowExec });
  if (!dryRun) await write(projection, paths.configPath);
  const warnings = [
    ...found.warnings,
    ...(dryRun ? [] : noteWrite(projection.config, paths.logDir)),
    ...leftInBackups(projection, paths.configPath),
  ];
  return {
    mode: dryRun ? 'dry-run' : 'write',
    changed: projection.files.length > 0,
    changedFiles: projection.files.map(({ path }) => path),
    checks: { resolvability: true, resolvabilityComplete: found.skippedExecRefs === 0 },
    refsChecked: found.refsChecked,
    skippedExecRefs: found.skippedExecRefs,
    warningCount: warnings.length,
    warnings,
  };
}

async function write({ files }: PlanProjection, configPath: string): Promise<void> {
  if (files.length === 0) return;
  try {
    await withConfigLock(configPath, () => replaceFiles(configPath, files));
  } catch (caught) {
    const { message } = toError(caught);
    const what = caught instanceof ConfigWriteError ? message : `${message}; all files are as they were`;
    throw new UserError(`Secrets apply failed: ${what}`);
  }
}

/** In the log of config writes (config.md §6); that it cannot be written there undoes nothing. */
function noteWrite({ before, after, files }: PlanProjection['config'], logDir: string): PlanWarning[] {
  if (files.length === 0) return [];
  try {
    audit(logDir, {
      previousHash: before.exists ? before.source.revision : null,
      nextHash: after.source.revision,
      bytes: Buffer.byteLength(after.source.text ?? ''),
      changedPathCount: changedPaths(before.resolved, after.resolved).length,
    });
    return [];
  } catch (caught) {
    const message = `the log of config writes cannot be written: ${toError(caught).message}`;
    return [{ code: 'CONFIG_AUDIT_NOT_WRITTEN', path: logDir, message }];
  }
}

/** Former contents of the config, kept by those who wrote it before, may still hold what has moved. */
function leftInBackups({ plaintexts }: PlanProjection, configPath: string): PlanWarning[] {
  const folder = dirname(configPath);
  const isKept = (name: string): boolean =>
    /^\.(?:bak(?:\.\d+)?|last-good|(?:rejected|clobbered)\..*)$/.test(
      name.slice(basename(configPath).length),
    );
  const names = plaintexts.size === 0 ? [] : readdirSync(folder);
  return names
    .filter((name) => name.startsWith(basename(configPath)) && isKept(name))
    .map((name) => join(folder, name))
    .filter((path) => {
      const text = readOwn(path)?.toString() ?? '';
      return [...plaintexts].some((value) => text.includes(value));
    })
    .map((path) => ({
      code: 'SECRETS_PLAINTEXT_IN_BACKUP',
      path,
      message: `${path}: a former config still holds a value that has moved; remove it when it is not needed`,
    }));
}
