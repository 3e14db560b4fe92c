/** What must be right before a service is installed or a gateway is stopped to start anew (cli.md §5). */
import { modeRefusal } from '../../../shared/config/mode-guard.js';
import { describeIssue } from '../../../shared/config/read/source.js';
import { displayPath } from '../../../shared/paths.js';
import type { CliConfig } from '../../config/cli-config.js';
import { UserError } from '../../user-error.js';

/** @throws UserError */
export function requireValidConfig({ path, valid, issues }: CliConfig, home: string): void {
  if (valid) return;
  throw new UserError('Config invalid', [
    `File: ${displayPath(path, home)}`,
    ...issues.map((issue) => `- ${describeIssue(issue)}`),
    'Run: pllan doctor --fix',
  ]);
}

/** @throws UserError when a gateway would not start from it */
export function requireStartable(config: CliConfig, home: string): void {
  requireValidConfig(config, home);
  const refusal = modeRefusal(config.exists, config.gateway.mode);
  if (refusal !== undefined) throw new UserError(refusal);
}
