/** What built-in tools are told of the configuration; the same for every call of an agent. */
import type { KeyScheme } from '../store/session-keys.js';

export interface ToolSettings {
  readonly web: WebSettings;
  readonly sessions: {
    readonly visibility: SessionVisibility;
    readonly scheme: KeyScheme;
  };
  /** All that are configured. */
  readonly agents: readonly AgentFacts[];
}

/** `tools.sessions.visibility`: an agent sees its own sessions, or those of all agents. */
export const sessionVisibilities = ['agent', 'all'] as const;
export type SessionVisibility = (typeof sessionVisibilities)[number];

/** `tools.web` */
export interface WebSettings {
  /** Of a page, after decompression. */
  readonly maxBytes: number;
  /** Of the text that is made of it. */
  readonly maxChars: number;
  readonly timeoutMs: number;
}

export interface AgentFacts {
  readonly id: string;
  readonly name?: string;
  /** `provider/model` */
  readonly model?: string;
}
