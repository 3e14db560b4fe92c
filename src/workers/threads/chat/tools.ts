/** `tools` and `tool_choice` of a chat completion: functions that the client runs itself (http.md §7.1). */
import * as v from 'valibot';
import { ApiError } from '../../../shared/errors/api-error.js';
import { compile } from '../../../shared/schema.js';
import type { FunctionTool, Turn } from '../turn.js';

const tools = compile(
  v.array(
    v.object({
      type: v.literal('function'),
      function: v.object({
        name: v.pipe(v.string(), v.minLength(1)),
        description: v.exactOptional(v.nullable(v.string())),
        parameters: v.exactOptional(v.nullable(v.record(v.string(), v.unknown()))),
        strict: v.exactOptional(v.nullable(v.boolean())),
      }),
    }),
  ),
);

const choice = compile(
  v.union([
    v.picklist(['auto', 'none', 'required']),
    v.object({ type: v.literal('function'), function: v.object({ name: v.string() }) }),
  ]),
);

/** @throws ApiError 400 `Invalid tools/tool_choice: …` */
export function readTools(rawTools: unknown, rawChoice: unknown): Pick<Turn, 'tools' | 'toolChoice'> {
  if (rawTools === undefined && rawChoice === undefined) return { tools: [], toolChoice: undefined };
  const given = rawTools ?? [];
  if (!tools.is(given)) throw invalid('each tool must be a function with a name');
  const read = given.map((tool) => functionTool(tool.function));
  if (rawChoice === undefined) return { tools: read, toolChoice: undefined };
  if (!choice.is(rawChoice)) throw invalid('tool_choice must be auto, none, required or a function');
  const asked = typeof rawChoice === 'object' ? { name: rawChoice.function.name } : rawChoice;
  if (typeof asked === 'object' && !read.some((tool) => tool.name === asked.name)) {
    throw invalid(`tool_choice names unknown tool '${asked.name}'`);
  }
  if (asked === 'required' && read.length === 0) throw invalid('tool_choice required needs tools');
  return { tools: read, toolChoice: read.length === 0 ? undefined : asked };
}

/** A function as clients define it. */
interface WireFunction {
  readonly name: string;
  readonly description?: string | null;
  readonly parameters?: Readonly<Record<string, unknown>> | null;
  readonly strict?: boolean | null;
}

export function functionTool({ name, description, parameters, strict }: WireFunction): FunctionTool {
  return {
    name,
    ...(description ? { description } : {}),
    ...(parameters ? { parameters } : {}),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
}

/** @throws ApiError 502 when the client demanded a call that the model did not make (http.md §7.2) */
export function requireDemandedCall(demanded: Turn['toolChoice'], called: readonly string[]): void {
  if (demanded === undefined || demanded === 'auto' || demanded === 'none') return;
  const made = demanded === 'required' ? called.length > 0 : called.includes(demanded.name);
  if (!made) throw new ApiError('toolCallMissing');
}

function invalid(problem: string): ApiError {
  return new ApiError('invalidRequest', { message: `Invalid tools/tool_choice: ${problem}` });
}
