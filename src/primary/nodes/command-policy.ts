/** Which commands of nodes may be invoked: those that `deny` names never, and where there is an `allow`, its own only. */
import type { ConfigTree } from '../../shared/config/schema.js';

export type CommandPolicy = (command: string) => boolean;

type NodesConfig = Pick<ConfigTree['gateway']['nodes'], 'commands' | 'allowCommands' | 'denyCommands'>;

export function commandPolicy({ commands, allowCommands, denyCommands }: NodesConfig): CommandPolicy {
  const allow = commands.allow ?? allowCommands;
  const denied = new Set(commands.deny ?? denyCommands);
  const allowed = allow && new Set(allow);
  return (command) => !denied.has(command) && (!allowed || allowed.has(command));
}
