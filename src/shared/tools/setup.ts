/** What one config version says about tools, as workers get it. */
import type { ToolPolicy } from './policy.js';
import type { SessionVisibility, WebSettings } from './settings.js';

export interface ToolSetup {
  /** Most threads for tools; 0: there are no tools. */
  readonly threads: number;
  readonly policy: ToolPolicy;
  /** The folder that an agent works in, by agent, and of those that have none of their own. */
  readonly workspaces: Readonly<Record<string, string>>;
  readonly workspace: string;
  /** Of a call in the tool pool. */
  readonly timeoutMs: number;
  readonly exec: ExecSetup;
  readonly web: WebSettings;
  readonly sessions: { readonly visibility: SessionVisibility };
  /** Only in a gateway with test hooks. */
  readonly testNetwork: string | undefined;
}

/** What the configuration says of commands. */
export interface ExecSetup {
  /** All that a command has of the gateway's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Of a command whose call says nothing, and the most that a call can have. */
  readonly timeoutMs: number;
}

export function workspaceOf({ workspaces, workspace }: ToolSetup, agentId: string): string {
  return (Object.hasOwn(workspaces, agentId) ? workspaces[agentId] : undefined) ?? workspace;
}
