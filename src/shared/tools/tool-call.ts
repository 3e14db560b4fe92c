/** A call of a tool and what comes of it, whoever calls: a model in its turn, or a client over HTTP or RPC. */

export type ToolContent =
  | { readonly type: 'text'; readonly text: string }
  /** `data` is base64. */
  | { readonly type: 'image'; readonly mimeType: string; readonly data: string };

export interface ToolCaller {
  readonly agentId: string;
  /** Canonical; empty for a completion that has no session. */
  readonly sessionKey: string;
  /** Of the turn that calls. */
  readonly runId: string | undefined;
  readonly via: 'turn' | 'http' | 'rpc';
  /** The turn is about what came from outside, whatever session it is in. */
  readonly byStranger?: boolean | undefined;
  /** The folder that the agent works in. */
  readonly workspace: string;
}

export interface ToolRequest {
  readonly toolCallId: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly caller: ToolCaller;
}

export type ToolFailure =
  /** The tool does not take these arguments. */
  | 'input'
  /** It tried, and could not. */
  | 'failed'
  /** Somebody, or a rule, said no to this call. */
  | 'blocked'
  /** There is none of this name for this caller. */
  | 'not-found'
  | 'timeout'
  | 'memory'
  /** What it gave, or printed, was too much. */
  | 'output'
  | 'crashed'
  | 'overloaded'
  | 'aborted';

export type ToolOutcome =
  | { readonly status: 'ok'; readonly content: readonly ToolContent[]; readonly details?: unknown }
  /** `message` may be shown to the model and to clients. */
  | { readonly status: 'error'; readonly kind: ToolFailure; readonly message: string };

/** Hears what a tool has so far, while it runs. */
export type ToolUpdate = (partial: readonly ToolContent[]) => void;

export function toolError(
  kind: ToolFailure,
  message: string,
): Extract<ToolOutcome, { readonly status: 'error' }> {
  return { status: 'error', kind, message };
}
