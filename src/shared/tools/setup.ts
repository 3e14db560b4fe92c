/** What one config version says about tools, as workers get it. */
import { isSensitiveName } from '../config/redact/sensitive.js';
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
  readonly mcp: McpSetup;
}

/** What the configuration says of commands. */
export interface ExecSetup {
  /** All that a command has of the gateway's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Of a command whose call says nothing, and the most that a call can have. */
  readonly timeoutMs: number;
}

/** Servers whose tools agents get. */
export interface McpSetup {
  /** All that their processes have of the gateway's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly servers: readonly McpServer[];
}

export interface McpServer {
  /** As the configuration names it. */
  readonly id: string;
  /** Of one call. */
  readonly timeoutMs: number;
  readonly reach: ServerProcess | ServerAddress;
}

export interface ServerProcess {
  readonly kind: 'process';
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Besides what all of them have. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ServerAddress {
  readonly kind: 'address';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What must not be told of what tools are given: to servers any value may be a secret, to commands one whose name says so. */
export function toolSecrets({ mcp, exec }: Pick<ToolSetup, 'mcp' | 'exec'>): string[] {
  const passed = Object.entries(exec.env).filter(([name]) => isSensitiveName(name));
  return [...passed.map(([, value]) => value), ...mcpSecrets(mcp)];
}

function mcpSecrets({ servers }: McpSetup): string[] {
  return servers.flatMap(({ reach }) => {
    if (reach.kind === 'process') return Object.values(reach.env);
    const { username, password, searchParams } = new URL(reach.url);
    // What comes after `Bearer` may be told alone.
    const headers = Object.values(reach.headers).flatMap((value) => [value, ...value.split(/\s+/)]);
    return [...headers, username, password, ...searchParams.values()];
  });
}

export function workspaceOf({ workspaces, workspace }: ToolSetup, agentId: string): string {
  return (Object.hasOwn(workspaces, agentId) ? workspaces[agentId] : undefined) ?? workspace;
}
