/** What the file of exec approvals says of one agent, and of one command of it. */
import { basename } from 'node:path';
import { matchesPath } from './path-pattern.js';
import type { ApprovalsFile, AskMode, Security } from './approvals-schema.js';

export interface ExecRules {
  readonly security: Security;
  readonly ask: AskMode;
  readonly patterns: readonly string[];
}

/** A section for the agent says more than the one for all, and that more than the defaults. */
export function rulesFor(agentId: string, { defaults = {}, agents = {} }: ApprovalsFile): ExecRules {
  const [own = {}, all = {}] = [sectionOf(agents, agentId), sectionOf(agents, '*')];
  return {
    security: own.security ?? all.security ?? defaults.security ?? 'allowlist',
    ask: own.ask ?? all.ask ?? defaults.ask ?? 'on-miss',
    patterns: [...(own.allowlist ?? []), ...(all.allowlist ?? [])].map(({ pattern }) => pattern),
  };
}

type Sections = NonNullable<ApprovalsFile['agents']>;

function sectionOf(agents: Sections, name: string): Sections[string] | undefined {
  return Object.hasOwn(agents, name) ? agents[name] : undefined;
}

/** A program as it was called, and the file that this means. */
export interface Program {
  readonly word: string;
  readonly path: string;
}

export function isListed({ word, path }: Program, patterns: readonly string[], home: string): boolean {
  return patterns.some((pattern) =>
    pattern.includes('/') ? matchesPath(pattern, path, home) : pattern === word,
  );
}

/** `run` and `refuse` need nobody; `ask` waits for somebody's decision. */
export function verdictOf({ security, ask }: ExecRules, listed: boolean): 'run' | 'ask' | 'refuse' {
  if (security === 'deny') return 'refuse';
  if (ask === 'always') return 'ask';
  if (security === 'full' || listed) return 'run';
  return ask === 'on-miss' ? 'ask' : 'refuse';
}

/** Programs that run what their arguments say: to allow one of them always would allow everything. */
const runners =
  /^(?:(?:ba|da|z|k|mk|c|tc|fi)?sh|busybox|toybox|env|sudo|doas|su|runuser|nohup|nice|ionice|chroot|unshare|nsenter|timeout|time|xargs|parallel|watch|setsid|stdbuf|script|ssh|find|g?make|ld[-.].*|[gmn]?awk|expect|(?:python|pypy|perl|ruby|php|lua|node|nodejs|deno|bun|tclsh|guile|Rscript)[\d.]*)$/;

export function mayBeAllowedAlways(path: string): boolean {
  return !runners.test(basename(path));
}
