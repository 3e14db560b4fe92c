/** The mark in the environment of what agents run: a command of ours can tell that no person has typed it. */
import type { Environment } from './paths.js';

export const AGENT_SHELL = { PLLAN_SHELL: 'exec' } as const;

export function isAgentShell(env: Environment): boolean {
  return env.PLLAN_SHELL === AGENT_SHELL.PLLAN_SHELL;
}
