/** What a tool is: a declaration, and what it does with arguments that fit. It runs in a thread that may end at any time. */
import type { GenericSchema, InferOutput } from 'valibot';
import { compile, describeProblems } from '../../../shared/schema.js';
import type { ToolDeclaration } from '../../../shared/tools/builtin.js';
import type { ToolSettings } from '../../../shared/tools/settings.js';
import type { ToolCaller, ToolContent } from '../../../shared/tools/tool-call.js';
import type { Network } from '../../../shared/net/guarded-fetch.js';

export interface ToolContext {
  readonly agentId: string;
  /** Canonical; the session on whose behalf it is called. */
  readonly sessionKey: string;
  readonly via: ToolCaller['via'];
  readonly byStranger?: boolean | undefined;
  /** The agent's folder. */
  readonly workspace: string;
  readonly storeDir: string;
  readonly settings: ToolSettings;
  /** In place of the internet. */
  readonly network?: Network | undefined;
}

export interface ToolResult {
  /** For the model. */
  readonly content: readonly ToolContent[];
  /** The same for programs. */
  readonly details?: unknown;
  /** It was tried and did not work. */
  readonly isError?: boolean;
}

export interface Tool<A> extends ToolDeclaration<GenericSchema<unknown, A>> {
  /** @throws ToolInputError when it cannot be done as it was asked; Error when it failed */
  run(args: A, context: ToolContext): Promise<ToolResult>;
}

/** The tool rejects its input (http.md §9: 400 `tool_error`). The message is for whoever called it. */
export class ToolInputError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolInputError';
  }
}

export function tool<S extends GenericSchema>(
  declaration: ToolDeclaration<S>,
  run: (args: InferOutput<S>, context: ToolContext) => Promise<ToolResult>,
): Tool<InferOutput<S>> {
  return { ...declaration, run };
}

/** Runs a tool with arguments as they came. @throws ToolInputError also when they do not fit its parameters */
export async function callTool(
  tool: Tool<unknown>,
  args: unknown,
  context: ToolContext,
): Promise<ToolResult> {
  const parsed = compile(tool.parameters).parse(withoutNulls(args));
  if (!parsed.ok)
    throw new ToolInputError(`invalid arguments for ${tool.name}: ${describeProblems(parsed.problems)}`);
  return tool.run(parsed.value, context);
}

/** Models write null for what they leave out. */
function withoutNulls(args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

export function textResult(text: string, details?: unknown): ToolResult {
  return { content: [{ type: 'text', text }], ...(details === undefined ? {} : { details }) };
}

/** Without fields that are undefined. */
export function jsonResult(details: object): ToolResult {
  return textResult(JSON.stringify(details), details);
}

export function errorResult(text: string, details?: unknown): ToolResult {
  return { ...textResult(text, details), isError: true };
}
