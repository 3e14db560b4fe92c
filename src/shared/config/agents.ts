/** Agents of the config, in both of the forms that they can be written in (config.md §5, §8). */
import type { ConfigProblem, Structured } from './check.js';
import type { AgentConfig } from './structures.js';

/** `agents.list`, then `agents.entries`, whose keys are ids. */
export function agentsOf(structured: Structured): readonly AgentConfig[] {
  const entries = (structured['agents.entries'] ?? {}) as Readonly<Record<string, Omit<AgentConfig, 'id'>>>;
  const named = Object.entries(entries).map(([id, agent]): AgentConfig => ({ ...agent, id }));
  return [...((structured['agents.list'] ?? []) as AgentConfig[]), ...named];
}

/** Ids as everything else knows them; without a list there is one agent. */
export function agentIds(agents: readonly Pick<AgentConfig, 'id'>[]): readonly string[] {
  return agents.length > 0 ? agents.map(({ id }) => id.toLowerCase()) : ['main'];
}

/** The one that is meant where none is named. */
export function defaultAgent(agents: readonly Pick<AgentConfig, 'id' | 'default'>[]): string {
  const chosen = agents.find((agent) => agent.default) ?? agents[0];
  return chosen?.id.toLowerCase() ?? 'main';
}

/** What no schema can say: ids and folders are each agent's own. */
export function agentProblems(structured: Structured): ConfigProblem[] {
  const ids = new Set<string>();
  const dirs = new Set<string>();
  const listed = Array.isArray(structured['agents.list']) ? structured['agents.list'].length : 0;
  return agentsOf(structured).flatMap(({ id, agentDir }, index): ConfigProblem[] => {
    const at = index < listed ? ['agents', 'list', index] : ['agents', 'entries', id];
    const problems: ConfigProblem[] = [];
    if (taken(ids, id.toLowerCase()))
      problems.push({ at: [...at, 'id'], message: `another agent has the id ${id}` });
    if (agentDir !== undefined && taken(dirs, agentDir))
      problems.push({ at: [...at, 'agentDir'], message: 'another agent has this folder' });
    return problems;
  });
}

function taken(known: Set<string>, value: string): boolean {
  if (known.has(value)) return true;
  known.add(value);
  return false;
}
