/**
 * Requests over HTTP by their idempotency key, for all workers (http.md §4, §9). A repeat gets the first one's answer
 * once there is one. The answer of one whose worker has died is that it failed: it may have done what it was to do.
 */
import { dedupeLimits } from '../../shared/limits.js';
import type { KeyClaim, RecordedAnswer } from '../../shared/keyed-request.js';
import { endpointErrorBody } from '../../shared/errors/api-error.js';
import { httpErrors } from '../../shared/errors/catalogue.js';
import type { PrimaryAnswers } from '../workers/worker-slot.js';

export interface KeyedRequests {
  readonly answers: Pick<PrimaryAnswers, 'claim-key' | 'settle-key'>;
  /** Nobody answers its requests any more. */
  workerLost(slot: number): void;
}

interface Open {
  readonly bodyHash: string;
  readonly slot: number;
}

interface Ended {
  readonly bodyHash: string;
  readonly answer: RecordedAnswer;
  readonly at: number;
}

const workerLost: RecordedAnswer = {
  status: httpErrors.toolFailed.status,
  body: endpointErrorBody('toolFailed'),
};

/** @param now milliseconds of a clock that only goes forward */
export function createKeyedRequests(now: () => number): KeyedRequests {
  const { ttlMs, entries, chars: mostChars } = dedupeLimits;
  const open = new Map<string, Open>();
  /** Oldest first. */
  const ended = new Map<string, Ended>();
  let chars = 0;

  const prune = (): void => {
    for (const [name, { answer, at }] of ended) {
      if (now() - at < ttlMs && ended.size <= entries && chars <= mostChars) return;
      ended.delete(name);
      chars -= answer.body.length;
    }
  };
  const settle = (name: string, answer: RecordedAnswer): void => {
    const { bodyHash } = open.get(name) ?? {};
    if (bodyHash === undefined) return;
    open.delete(name);
    ended.set(name, { bodyHash, answer, at: now() });
    chars += answer.body.length;
    prune();
  };
  const claim = (name: string, bodyHash: string, slot: number): KeyClaim => {
    prune();
    const [running, past] = [open.get(name), ended.get(name)];
    const known = running ?? past;
    if (known && known.bodyHash !== bodyHash) return { claim: 'mismatch' };
    if (past) return { claim: 'answered', answer: past.answer };
    if (running) return { claim: 'in-progress' };
    if (open.size >= dedupeLimits.open) return { claim: 'full' };
    open.set(name, { bodyHash, slot });
    return { claim: 'first' };
  };
  return {
    answers: {
      'claim-key': ({ name, bodyHash }, _signal, { slot }) => claim(name, bodyHash, slot),
      'settle-key'({ name, answer }) {
        if (answer) settle(name, answer);
        else open.delete(name);
        return true;
      },
    },
    workerLost(slot) {
      for (const [name, one] of open) if (one.slot === slot) settle(name, workerLost);
    },
  };
}
