/** What a tool is to everyone but itself: its name, what it is for, what it takes, who gets it unasked. */

export type ToolProfile = 'minimal' | 'messaging' | 'coding' | 'full';

export interface ToolDefinition {
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** For the model. */
  readonly description: string;
  readonly source: 'core' | 'mcp';
  /** `fs`, `runtime`, `web`, `sessions`; of an MCP server's tools the server's id. */
  readonly group: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Profiles that have it; `full` has every tool, named here or not. */
  readonly defaultProfiles: readonly string[];
  /** Only for calls of the owner's own sessions, never of groups, channels or hooks. */
  readonly ownerOnly?: boolean;
}
