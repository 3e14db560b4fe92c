/** Options of a turn, which have OpenAI's names, as the other APIs want them. */
import type { Turn } from '../turn.js';

export interface Options {
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[];
  /** Undefined as well where the model is not to reason. */
  readonly effort: Effort | undefined;
  /** False: one call at a time. */
  readonly parallelCalls: boolean | undefined;
  /** Of an answer that is to fit one. */
  readonly schema: JsonSchemaFormat | undefined;
  readonly jsonObject: boolean;
}

export const efforts = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type Effort = (typeof efforts)[number];

export interface JsonSchemaFormat {
  readonly name?: string;
  readonly description?: string;
  readonly schema?: unknown;
  readonly strict?: boolean;
}

export function readOptions({ sampling }: Turn): Options {
  const { stop, reasoning_effort: effort, response_format: format, parallel_tool_calls: parallel } = sampling;
  const shape = format as { type?: unknown; json_schema?: JsonSchemaFormat } | undefined;
  return {
    maxTokens: numberOf(sampling.max_completion_tokens ?? sampling.max_tokens),
    temperature: numberOf(sampling.temperature),
    topP: numberOf(sampling.top_p),
    stop: typeof stop === 'string' ? [stop] : ((stop ?? []) as string[]),
    effort: efforts.find((one) => one === effort),
    parallelCalls: typeof parallel === 'boolean' ? parallel : undefined,
    schema: shape?.type === 'json_schema' ? shape.json_schema : undefined,
    jsonObject: shape?.type === 'json_object',
  };
}

/** With fields that are undefined left out: JSON has no other way to say nothing. */
export function present<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What a tool takes of which nothing is said. */
export const noParameters = { type: 'object', properties: {} };

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
