/** What built-in tools are told of the configuration; the same for every call of an agent. */
import type { KeyScheme } from '../store/session-keys.js';

export interface ToolSettings {
  /** `tools.web` */
  readonly web: WebSettings;
  readonly sessions: {
    /** `tools.sessions.visibility`: an agent sees its own sessions, or those of all agents. */
    readonly visibility: 'agent' | 'all';
    readonly scheme: KeyScheme;
  };
  /** All that are configured. */
  readonly agents: readonly AgentFacts[];
}

export interface WebSettings {
  /** Of a page, after decompression. */
  readonly maxBytes: number;
  /** Of the text that is made of it. */
  readonly maxChars: number;
  readonly timeoutMs: number;
}

/** Where the configuration does not say. */
export const defaultWebSettings: WebSettings = {
  maxBytes: 5 * 1024 * 1024,
  maxChars: 50_000,
  timeoutMs: 30_000,
};

export interface AgentFacts {
  readonly id: string;
  readonly name?: string;
  /** `provider/model` */
  readonly model?: string;
}
