/** `tools` and `tool_choice` of a response: functions that the client runs itself, in both forms (http.md §8.1). */
import * as v from 'valibot';
import { compile } from '../../../shared/schema.js';
import { functionTool } from '../chat/tools.js';
import type { FunctionTool, ToolChoice, Turn } from '../turn.js';
import { invalid, requireValid } from './invalid.js';

const Definition = v.object({
  name: v.pipe(v.string(), v.minLength(1)),
  description: v.exactOptional(v.nullable(v.string())),
  parameters: v.exactOptional(v.nullable(v.record(v.string(), v.unknown()))),
  strict: v.exactOptional(v.nullable(v.boolean())),
});
const flat = compile(v.object({ type: v.literal('function'), ...Definition.entries }));
const nested = compile(v.object({ type: v.literal('function'), function: Definition }));

const word = compile(v.picklist(['auto', 'none', 'required']));
const named = compile(v.object({ type: v.literal('function'), name: v.pipe(v.string(), v.minLength(1)) }));
const namedWithin = compile(
  v.object({ type: v.literal('function'), function: v.object({ name: v.string() }) }),
);

/** @throws ApiError 400 `<path>: <problem>` */
export function readTools(
  rawTools: readonly unknown[],
  rawChoice: unknown,
): Pick<Turn, 'tools' | 'toolChoice'> {
  const tools = rawTools.map((raw, n) => readTool(raw, `tools.${n}`));
  if (rawChoice === undefined) return { tools, toolChoice: undefined };
  const choice = readChoice(rawChoice);
  if (typeof choice === 'object' && !tools.some(({ name }) => name === choice.name))
    throw invalid(`tool_choice: names unknown tool '${choice.name}'`);
  if (choice === 'required' && tools.length === 0) throw invalid('tool_choice: required needs tools');
  return { tools, toolChoice: tools.length === 0 ? undefined : choice };
}

function readTool(raw: unknown, at: string): FunctionTool {
  if (nested.is(raw)) return functionTool(raw.function);
  requireValid(flat, raw, at);
  return functionTool(raw);
}

function readChoice(raw: unknown): ToolChoice {
  if (typeof raw !== 'object') {
    requireValid(word, raw, 'tool_choice');
    return raw;
  }
  if (namedWithin.is(raw)) return { name: raw.function.name };
  requireValid(named, raw, 'tool_choice');
  return { name: raw.name };
}
