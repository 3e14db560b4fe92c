/** What a worker asks the primary when a web hook has come in, and what it is answered (http.md §11). */
import type { ModelRef } from '../config/model-ref.js';
import type { HttpRunFacts, SessionKey } from '../store/records.js';

export const wakeModes = ['now', 'next-heartbeat'] as const;
export type WakeMode = (typeof wakeModes)[number];

/** Something for the next turn of a session; `now`: that turn is at once. */
export interface AskedWake {
  readonly key: SessionKey;
  readonly agentId: string;
  readonly text: string;
  readonly mode: WakeMode;
}

/** A run of its own, whose end is told to the agent's main session. */
export interface AskedHookRun {
  readonly runId: string;
  readonly http: HttpRunFacts;
  readonly key: SessionKey;
  readonly agentId: string;
  readonly message: string;
  readonly model: ModelRef | undefined;
  /** As it was asked for. */
  readonly thinking: string | undefined;
  /** Undefined for that of all runs; infinite for none. */
  readonly timeoutMs: number | undefined;
  /** The hook's, for people. */
  readonly name: string;
  /** Where its answer goes besides; undefined for nowhere. */
  readonly deliver: AskedDelivery | undefined;
  /** Whether the main session has a turn at once when it has been told. */
  readonly wakeMode: WakeMode;
}

/** `last`: where the main session's last message came from, if anywhere. */
export interface AskedDelivery {
  readonly channel: string;
  readonly to: string | undefined;
  readonly accountId: string | undefined;
}

export type HookVerdict =
  /** It is on disk, now or since an earlier request with its id. */
  | 'accepted'
  /** Its id is that of another request, or of a run that no hook asked for. */
  | 'mismatch'
  /** The session takes no messages. */
  | 'denied'
  /** There is no such channel, account or place to deliver to. */
  | 'no-route'
  | 'busy'
  | 'closed';
