/** `input` of a response: a text, or items, as the messages of a turn (http.md §8.1). */
import * as v from 'valibot';
import { compile } from '../../../shared/schema.js';
import type { ToolCall, TurnMessage } from '../turn.js';
import { requireValid } from './invalid.js';
import { readParts, type SentFile } from './parts.js';

export interface Input {
  /** Of items with the role system or developer. */
  readonly system: readonly string[];
  /** Up to the prompt. */
  readonly messages: readonly TurnMessage[];
  /** Of the last message of the user; none when absent. */
  readonly imageUrls: readonly string[] | undefined;
  /** Of all messages: what was said of an earlier one may be asked about. */
  readonly files: readonly SentFile[];
}

const kind = compile(
  v.object({
    type: v.picklist(['message', 'function_call', 'function_call_output', 'reasoning', 'item_reference']),
  }),
);
const message = compile(
  v.object({
    role: v.picklist(['system', 'developer', 'user', 'assistant']),
    content: v.union([v.string(), v.array(v.unknown())]),
    phase: v.exactOptional(v.nullable(v.string())),
  }),
);
const call = compile(
  v.object({
    id: v.exactOptional(v.nullable(v.string())),
    call_id: v.exactOptional(v.string()),
    name: v.pipe(v.string(), v.minLength(1)),
    arguments: v.string(),
  }),
);
const output = compile(v.object({ call_id: v.string(), output: v.string() }));
const reference = compile(v.object({ id: v.string() }));

/** Ids of the items that the input only refers to. */
export function referredItems(input: unknown): readonly string[] {
  if (!Array.isArray(input)) return [];
  return input.flatMap((item) => (isReference(item) ? [item.id] : []));
}

function isReference(item: unknown): item is { readonly id: string } {
  return kind.is(item) && item.type === 'item_reference' && reference.is(item);
}

/**
 * @param recalled what the items are that it refers to, in their order; undefined for one that is left out
 * @throws ApiError 400 `<path>: <problem>`
 */
export function readInput(
  input: string | readonly unknown[],
  recalled: readonly (string | undefined)[],
): Input {
  if (typeof input === 'string')
    return { system: [], messages: [{ role: 'user', text: input }], imageUrls: undefined, files: [] };
  const reader = new ItemReader(recalled);
  for (const [n, item] of input.entries()) reader.read(item, `input.${n}`);
  return reader.whole;
}

class ItemReader {
  readonly #system: string[] = [];
  readonly #messages: TurnMessage[] = [];
  readonly #files: SentFile[] = [];
  /** Of the assistant's last message. */
  #calls: ToolCall[] = [];
  #imageUrls: readonly string[] | undefined;
  readonly #recalled: Iterator<string | undefined>;

  constructor(recalled: Iterable<string | undefined>) {
    this.#recalled = recalled[Symbol.iterator]();
  }

  get whole(): Input {
    const prompt = this.#messages.findLastIndex(({ role }) => role !== 'assistant');
    return {
      system: this.#system,
      messages: this.#messages.slice(0, prompt + 1),
      imageUrls: this.#imageUrls,
      files: this.#files,
    };
  }

  read(item: unknown, at: string): void {
    // Clients leave the type of messages out.
    const typed = message.is(item) && !('type' in item) ? { ...item, type: 'message' as const } : item;
    requireValid(kind, typed, at);
    switch (typed.type) {
      case 'message':
        requireValid(message, typed, at);
        this.#message(typed.role, typed.content, at);
        return;
      case 'function_call':
        requireValid(call, typed, at);
        this.#call({
          id: typed.call_id ?? typed.id ?? '',
          name: typed.name,
          arguments: typed.arguments,
        });
        return;
      case 'function_call_output':
        requireValid(output, typed, at);
        this.#messages.push({ role: 'tool', toolCallId: typed.call_id, text: typed.output });
        return;
      case 'item_reference':
        requireValid(reference, typed, at);
        this.#answer(this.#recalled.next().value ?? '');
        return;
      case 'reasoning':
    }
  }

  #message(
    role: 'system' | 'developer' | 'user' | 'assistant',
    content: string | readonly unknown[],
    at: string,
  ): void {
    const { text, imageUrls, files } =
      typeof content === 'string'
        ? { text: content, imageUrls: [], files: [] }
        : readParts(content, `${at}.content`);
    for (const file of files) this.#files.push(file);
    if (role === 'user') {
      this.#messages.push({ role, text });
      this.#imageUrls = imageUrls.length > 0 ? imageUrls : undefined;
    } else if (role === 'assistant') {
      this.#answer(text);
    } else if (text !== '') {
      this.#system.push(text);
    }
  }

  /** One in which the model only called tools has a message without text. */
  #answer(text: string): void {
    if (text !== '') this.#assistant(text);
  }

  #assistant(text: string): void {
    this.#calls = [];
    this.#messages.push({ role: 'assistant', text, toolCalls: this.#calls });
  }

  /** What the assistant says and calls in one go is one message. */
  #call(made: ToolCall): void {
    if (this.#messages.at(-1)?.role !== 'assistant') this.#assistant('');
    this.#calls.push(made);
  }
}
