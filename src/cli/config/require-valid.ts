/** What people are told whose config is invalid (config.md §5). */
import { loadConfig, type LoadOptions } from '../../shared/config/load.js';
import { describeIssue, type ConfigIssue } from '../../shared/config/read/source.js';
import { displayPath, type Paths } from '../../shared/paths.js';
import { UserError } from '../user-error.js';

/** @throws UserError */
export function requireValidFile(env: LoadOptions['env'], { configPath: path, home }: Paths): void {
  const loaded = loadConfig({ path, env, askLoginShell: () => ({}) });
  if (!loaded.ok) throw invalidConfig({ path, issues: loaded.issues }, home);
}

export interface CheckedConfig {
  readonly path: string;
  readonly issues: readonly ConfigIssue[];
}

export function invalidConfig({ path, issues }: CheckedConfig, home: string): UserError {
  const lines = issues.map((issue) => `- ${describeIssue(issue)}`);
  const details = [`File: ${displayPath(path, home)}`, ...lines, 'Run: pllan doctor --fix'];
  return new UserError('Config invalid', details, { details: { issues } });
}
