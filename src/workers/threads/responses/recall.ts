/**
 * What an `item_reference` stands for: the message of an earlier response, as long as its run is recorded and its session is
 * there (http.md §8.1). Only whoever got that answer can refer to it; all others, and unknown ids, are left out.
 */
import type { RootDatabase } from 'lmdb';
import { requestLimits, responseLimits } from '../../../shared/limits.js';
import type { RunRecord, SessionEntry, SessionKey } from '../../../shared/store/records.js';

/** The texts of items, in the order of their ids; undefined for what is not known. */
export type Recall = (itemIds: readonly string[]) => readonly (string | undefined)[];

/** @param callerHash of whoever asks now */
export function createRecall(root: RootDatabase, callerHash: string): Recall {
  const runs = root.openDB<RunRecord, string>({ name: 'runs' });
  const sessions = root.openDB<SessionEntry, SessionKey>({ name: 'sessions' });
  const textOf = (itemId: string): string | undefined => {
    // A longer one is of no answer.
    if (itemId.length > requestLimits.textChars || !itemId.startsWith('msg_')) return undefined;
    const run = runs.get(itemId.replace('msg_', 'resp_'));
    if (run?.http?.callerHash !== callerHash || run.end?.status !== 'ok') return undefined;
    if (sessions.get(run.sessionKey)?.sessionId !== run.sessionId) return undefined;
    const { payloads } = run.end.payload.result as {
      readonly payloads: readonly { readonly text: string }[];
    };
    return payloads.map(({ text }) => text).join('\n\n');
  };
  return (itemIds) => {
    root.resetReadTxn();
    const texts = itemIds.map((): string | undefined => undefined);
    const first = Math.max(0, itemIds.length - responseLimits.recalled);
    let left: number = responseLimits.recalledChars;
    // The latest first: it is the oldest that are too much.
    for (let n = itemIds.length - 1; n >= first; n -= 1) {
      const text = textOf(itemIds[n] ?? '');
      left -= text?.length ?? 0;
      if (left < 0) break;
      texts[n] = text;
    }
    return texts;
  };
}
