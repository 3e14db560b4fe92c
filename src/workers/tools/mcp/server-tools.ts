/** The tools of a server as agents get them, made of whatever it says that it has. */
import { mcpLimits } from '../../../shared/tools/limits.js';
import type { ToolDefinition } from '../../../shared/tools/definition.js';
import { toolNames } from './tool-names.js';
import { usableSchema } from './usable-schema.js';

export interface ServerTools {
  readonly definitions: readonly ToolDefinition[];
  /** The server's own name of each. */
  readonly ownNames: ReadonlyMap<string, string>;
  /** How many of those that it has are not among them. */
  readonly leftOut: number;
}

export const noTools: ServerTools = { definitions: [], ownNames: new Map(), leftOut: 0 };

interface ListedTool {
  readonly name: string;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
}

export function serverTools(server: string, listed: readonly unknown[]): ServerTools {
  const usable = listed.filter(isTool).slice(0, mcpLimits.tools);
  const names = toolNames(
    server,
    usable.map(({ name }) => name),
  );
  const definitions = new Map<string, ToolDefinition>();
  const ownNames = new Map<string, string>();
  for (const tool of usable) {
    const name = names.get(tool.name);
    if (name === undefined || definitions.has(name)) continue;
    ownNames.set(name, tool.name);
    definitions.set(name, definitionOf(server, name, tool));
  }
  return { definitions: [...definitions.values()], ownNames, leftOut: listed.length - definitions.size };
}

function definitionOf(server: string, name: string, tool: ListedTool): ToolDefinition {
  const { title, description, inputSchema } = tool;
  const label = typeof title === 'string' && title !== '' ? title : tool.name;
  const text = typeof description === 'string' && description !== '' ? description : label;
  return {
    name,
    label: cut(label, mcpLimits.labelChars),
    description: cut(text, mcpLimits.descriptionChars),
    source: 'mcp',
    group: server,
    parameters: usableSchema(inputSchema),
    defaultProfiles: ['coding', 'messaging'],
  };
}

function isTool(value: unknown): value is ListedTool {
  const { name } = (value ?? {}) as { name?: unknown };
  return typeof name === 'string' && name !== '' && name.length <= OWN_NAME_CHARS;
}

const OWN_NAME_CHARS = 1_024;

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}
