/** What must be right before a service is installed or a gateway is stopped to start anew (cli.md §5). */
import { modeRefusal } from '../../../shared/config/mode-guard.js';
import type { CliConfig } from '../../config/cli-config.js';
import { invalidConfig } from '../../config/require-valid.js';
import { UserError } from '../../user-error.js';

/** @throws UserError */
export function requireValidConfig(config: CliConfig, home: string): void {
  if (!config.valid) throw invalidConfig(config, home);
}

/** @throws UserError when a gateway would not start from it */
export function requireStartable(config: CliConfig, home: string): void {
  requireValidConfig(config, home);
  const refusal = modeRefusal(config.exists, config.gateway.mode);
  if (refusal !== undefined) throw new UserError(refusal);
}
