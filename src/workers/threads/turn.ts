/**
 * A turn in the gateway's own words: what every provider adapter translates from and to. Requests of
 * any HTTP API become a `Turn`; what a model does becomes `TurnEvent`s.
 */

export interface Turn {
  readonly system: string;
  /** Oldest first; the last one is the prompt, from the user or a tool. */
  readonly messages: readonly TurnMessage[];
  readonly tools: readonly FunctionTool[];
  readonly toolChoice: unknown;
  readonly sampling: Readonly<Record<string, unknown>>;
}

export type TurnMessage =
  | { readonly role: 'user'; readonly text: string; readonly images?: readonly TurnImage[] }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly text: string };

export interface TurnImage {
  readonly mimeType: string;
  /** Base64. */
  readonly data: string;
}

/** A tool that the client runs itself; `definition` is OpenAI's function object. */
export interface FunctionTool {
  readonly name: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface Usage {
  readonly input: number;
  readonly output: number;
}

export function addUsage(a: Usage, b: Usage): Usage {
  return { input: a.input + b.input, output: a.output + b.output };
}

export type TurnEvent =
  | { readonly type: 'text'; readonly text: string }
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
}
