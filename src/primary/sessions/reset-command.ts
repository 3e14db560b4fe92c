/**
 * `/new` and `/reset` as a message, alone or before another message: the session is reset, then the rest is a run
 * (runs-and-events.md §9). Once for a run id: a repeat of the request resets nothing.
 */
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import type { RunEnd, RunRecord } from '../../shared/store/records.js';
import { emptyEnd } from './run-end.js';
import type { RunInput } from './run.js';
import type { Acceptance } from './run-acceptance.js';
import type { Runs } from './runs.js';
import type { SessionChanges } from './session-changes.js';
import type { Sessions } from './sessions.js';

export interface ResetCommand {
  readonly reason: 'new' | 'reset';
  /** What follows it; empty for nothing. */
  readonly rest: string;
}

/** Undefined for any other message. @param triggers words that begin one */
export function readResetCommand(
  message: string,
  triggers: readonly string[] = ['/new', '/reset'],
): ResetCommand | undefined {
  const [, word = '', rest = ''] = /^\s*(\S+)(?:\s+([\s\S]*))?$/.exec(message) ?? [];
  const named = word.toLowerCase();
  if (!triggers.some((trigger) => trigger.toLowerCase() === named)) return undefined;
  return { reason: named === '/new' ? 'new' : 'reset', rest: rest.trim() };
}

/** `done`: there was nothing to run, and this request is the one that reset the session. */
export type ResetAcceptance = Acceptance | { readonly outcome: 'done'; readonly end: RunEnd };

export interface ResetCommands {
  /** `input.message` is the whole message. */
  accept(input: RunInput, command: ResetCommand): Promise<ResetAcceptance>;
}

export interface ResetCommandOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly changes: SessionChanges;
  now(): number;
}

export function createResetCommands({ sessions, runs, changes, now }: ResetCommandOptions): ResetCommands {
  const requests = createKeyedQueue();
  const { store } = sessions;
  return {
    accept: (input, { reason, rest }) =>
      requests.run(input.runId, async () => {
        const { runId, method, key, agentId, message, images = [] } = input;
        const acceptedAt = now();
        if (runs.live(runId) || (await store.runs.get(runId))) return runs.accept(input);
        const { sessionId } = await changes.reset(key, { reason });
        if (rest !== '' || images.length > 0) return runs.accept({ ...input, message: rest });
        const open: RunRecord = {
          runId,
          method,
          sessionKey: key,
          sessionId,
          agentId,
          message,
          acceptedAt,
        };
        const end = emptyEnd(open, 'session reset', now());
        const record: RunRecord = { ...open, end };
        const taken = await store.claimRun(record, []);
        return taken ? runs.accept(input) : { outcome: 'done', end };
      }),
  };
}
