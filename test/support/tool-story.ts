/** What tests see of tools: in events and in a session's rows. */
import type { ControlClient, Frame } from './control-client.js';
import { answer } from './session-calls.js';

/** Config under which agents have the tools for tests, and nothing else. */
export const testTools = { tools: { allow: ['group:test'] } };

/** A line that lets the built-in model call a tool. */
export const call = (name: string, args: object = {}): string => `/tool ${name} ${JSON.stringify(args)}`;

export interface ToolData {
  readonly phase: string;
  readonly name: string;
  readonly toolCallId: string;
  readonly [more: string]: unknown;
}

/** The `data` of events about tools of a run, in order. */
export function toolEvents(frames: readonly Frame[], runId: string, event = 'agent'): ToolData[] {
  return frames
    .filter((frame) => frame.event === event && frame.payload?.runId === runId)
    .filter(({ payload }) => payload?.stream === 'tool')
    .map(({ payload }) => payload?.data as ToolData);
}

export interface Row {
  readonly role: string;
  readonly content: readonly Record<string, unknown>[];
  readonly [more: string]: unknown;
}

export async function rowsOf(client: ControlClient, sessionKey: string): Promise<Row[]> {
  return (await answer(client, 'chat.history', { sessionKey })).messages as Row[];
}

/** Each row in short: who, and what of what kind. */
export function inShort(rows: readonly Row[]): string[] {
  return rows.map(({ role, content, toolName, isError }) => {
    const blocks = content.map((block) =>
      block.type === 'toolCall' ? `call ${String(block.name)}` : block.text,
    );
    return [role, ...(role === 'toolResult' ? [toolName, isError ? 'error' : 'ok'] : []), ...blocks].join(
      ' | ',
    );
  });
}

/** What a run said, from its final answer. */
export function textsOf(payload: Frame['payload']): string[] {
  const { payloads = [] } = (payload?.result ?? {}) as { payloads?: readonly { readonly text: string }[] };
  return payloads.map(({ text }) => text);
}
