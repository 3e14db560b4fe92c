/**
 * Answers by idempotency key, for methods whose keys are not stored (protocol.md §19). A repeat gets the first call's
 * answer, also one that is still to come. Ended ones go after a while, or when there are too many, the oldest first;
 * how many are open is bounded by the methods.
 */
import { dedupeLimits } from '../../shared/limits.js';
import { RpcError } from './methods/method.js';

export interface Dedupe {
  /** The answer to the key's first call; undefined when this is the first. */
  find(family: string, key: string): Promise<string> | undefined;
  /**
   * Keeps what the first call answers, success or failure, and gives it back. What is worth a repeat has not happened:
   * such a failure is not kept.
   */
  keep(family: string, key: string, answer: Promise<string>): Promise<string>;
}

interface Ended {
  readonly answer: Promise<string>;
  readonly at: number;
  readonly chars: number;
}

/** @param now milliseconds of a clock that only goes forward */
export function createDedupe(now: () => number): Dedupe {
  const { ttlMs, entries, chars: mostChars } = dedupeLimits;
  const open = new Map<string, Promise<string>>();
  /** Oldest first. */
  const ended = new Map<string, Ended>();
  let chars = 0;

  const prune = (): void => {
    for (const [name, one] of ended) {
      if (now() - one.at < ttlMs && ended.size <= entries && chars <= mostChars) return;
      ended.delete(name);
      chars -= one.chars;
    }
  };
  return {
    find(family, key) {
      prune();
      const name = `${family}:${key}`;
      return open.get(name) ?? ended.get(name)?.answer;
    },
    keep(family, key, answer) {
      const name = `${family}:${key}`;
      open.set(name, answer);
      const end = (size: number): void => {
        open.delete(name);
        ended.set(name, { answer, at: now(), chars: size });
        chars += size;
        prune();
      };
      answer.then(
        (payload) => end(payload.length),
        (caught: unknown) => {
          if (caught instanceof RpcError && caught.shape.retryable) open.delete(name);
          else end(0);
        },
      );
      return answer;
    },
  };
}
