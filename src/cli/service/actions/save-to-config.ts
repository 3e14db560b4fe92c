/** One value that a service needs goes into the config, where the gateway and commands read it alike. */
import type { ConfigPath } from '../../../shared/config/path.js';
import type { CommandContext } from '../../command.js';
import { changeConfig } from '../../config/edit-config.js';

/** @throws UserError */
export async function saveToConfig(command: CommandContext, path: ConfigPath, value: unknown): Promise<void> {
  await changeConfig(command, { kind: 'edits', edits: [{ path, value }] }, false);
}
