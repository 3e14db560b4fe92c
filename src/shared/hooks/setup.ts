/** What one config version says about web hooks, as workers get it (config.md §8 `hooks`). */
import type { CredentialDigest } from '../auth/credential.js';
import type { HookMapping } from '../config/hook-mappings.js';

export interface HookSetup {
  /** `/x`: everything below it is a hook. */
  readonly path: string;
  readonly credential: CredentialDigest;
  readonly maxBodyBytes: number;
  /** Of runs that name no session; null: each has its own. */
  readonly defaultSessionKey: string | null;
  /** Callers may name a session. */
  readonly allowRequestSessionKey: boolean;
  /** What keys that callers or their payloads make begin with; null: anything. Lower case. */
  readonly allowedSessionKeyPrefixes: readonly string[] | null;
  /** Agents that may be named; null: all. Lower case. */
  readonly allowedAgentIds: readonly string[] | null;
  readonly mappings: readonly HookMapping[];
  readonly transformsDir: string;
  readonly transformMs: number;
}
