/**
 * A turn in the gateway's own words: what every provider adapter translates from and to. Requests of
 * any HTTP API become a `Turn`; what a model does becomes `TurnEvent`s.
 */
import type { Usage } from '../../shared/usage.js';
import type { Effort } from './providers/sampling.js';

export type { Usage };

export interface Turn {
  readonly system: string;
  /** Oldest first; the last one is the prompt, from the user or a tool. */
  readonly messages: readonly TurnMessage[];
  readonly tools: readonly FunctionTool[];
  readonly toolChoice: ToolChoice | undefined;
  /** By the names and values of OpenAI's chat completions, `reasoning_effort` and `response_format` among them. */
  readonly sampling: Readonly<Record<string, unknown>>;
  /** For models that reason, where `sampling` does not say it. */
  readonly thinking?: Effort | undefined;
}

export type TurnMessage =
  | { readonly role: 'user'; readonly text: string; readonly images?: readonly TurnImage[] }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly toolCalls: readonly ToolCall[];
      /** What the model wants back as long as its turn goes on; a message of an earlier turn needs none. */
      readonly reasoning?: readonly ReasoningItem[];
    }
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly text: string;
      readonly isError?: boolean;
    };

export interface TurnImage {
  readonly mimeType: string;
  /** Base64. */
  readonly data: string;
}

/** A tool that the model may call, whoever runs it. */
export interface FunctionTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The model's arguments are to fit the schema. */
  readonly strict?: boolean;
  /** The gateway's own: it is left out for a model that takes no tools, where a client's is an error. */
  readonly own?: boolean;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** Reasoning as one API gave it: signed or encrypted, without meaning to anyone but the model that made it. */
export interface ReasoningItem {
  readonly madeBy: string;
  readonly item: Readonly<Record<string, unknown>>;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export type TurnEvent =
  | { readonly type: 'text'; readonly text: string }
  /** More of what the model lets others read of its reasoning. */
  | { readonly type: 'thinking'; readonly text: string }
  /** A piece of reasoning is whole. */
  | { readonly type: 'reasoning'; readonly item: ReasoningItem }
  /** A new tool call when `id` and `name` are there, else more of the arguments of call `index`. */
  | {
      readonly type: 'tool-call';
      readonly index: number;
      readonly id: string | undefined;
      readonly name: string | undefined;
      readonly arguments: string;
    }
  | { readonly type: 'finish'; readonly reason: FinishReason }
  | { readonly type: 'usage'; readonly usage: Usage };

/** A turn that has ended well. */
export interface TurnResult {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finish: FinishReason;
  readonly usage: Usage;
  /** Absent where the model showed none. */
  readonly thinking?: string;
  /** Absent where there is nothing to be given back. */
  readonly reasoning?: readonly ReasoningItem[];
}
