/**
 * Paces what comes in from one account: a flood is stored piece by piece, in its order, and whoever makes it waits. What
 * finds the queue full is refused, which its network hears of (or offers it again). A conversation has one place of those
 * that are under way: what takes long in it keeps the others of the account from nothing.
 */
import { inboundLimits } from '../limits.js';

export interface Intake {
  /** Does it when its turn has come, and none of its conversation is under way. @throws Error when too many wait, or it was stopped */
  take<T>(conversation: string, task: () => Promise<T>): Promise<T>;
  readonly waiting: number;
  /** Whoever waits is refused. */
  stop(why: string): void;
}

interface Waiting {
  readonly conversation: string;
  go(): void;
  refuse(error: Error): void;
}

/** @param now milliseconds, of a clock that only goes forward */
export function createIntake(now: () => number): Intake {
  const gapMs = 1_000 / inboundLimits.perSecond;
  const queue: Waiting[] = [];
  const underWay = new Set<string>();
  /** When the next one may go; as many as a burst has may go before. */
  let due = 0;
  let timer: NodeJS.Timeout | undefined;

  const waitMs = (): number => due - (inboundLimits.burst - 1) * gapMs - now();
  const pump = (): void => {
    timer = undefined;
    while (underWay.size < inboundLimits.underWay) {
      const next = queue.findIndex(({ conversation }) => !underWay.has(conversation));
      if (next === -1) return;
      const ms = waitMs();
      if (ms > 0) {
        timer = setTimeout(pump, ms).unref();
        return;
      }
      due = Math.max(due, now()) + gapMs;
      const [waiting] = queue.splice(next, 1);
      if (!waiting) return;
      underWay.add(waiting.conversation);
      waiting.go();
    }
  };
  const turn = (conversation: string): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.push({ conversation, go: resolve, refuse: reject });
      if (!timer) pump();
    });
  return {
    async take(conversation, task) {
      if (queue.length >= inboundLimits.waiting)
        throw new Error(`more than ${inboundLimits.waiting} messages wait: to be offered again later`);
      await turn(conversation);
      try {
        return await task();
      } finally {
        underWay.delete(conversation);
        if (!timer) pump();
      }
    },
    get waiting() {
      return queue.length;
    },
    stop(why) {
      clearTimeout(timer);
      timer = undefined;
      for (const { refuse } of queue.splice(0)) refuse(new Error(why));
    },
  };
}
