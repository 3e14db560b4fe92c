/** How fast lines may be sent: so many at once, then so many a second, in the order in which they were asked for. */
export interface Pacer {
  /** Resolves when one more may go. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  readonly waiting: number;
}

export function createPacer(
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number },
  now: () => number,
): Pacer {
  let left = burst;
  let countedAt = now();
  let timer: NodeJS.Timeout | undefined;
  const queue: (() => void)[] = [];
  const pass = (): void => {
    timer = undefined;
    const at = now();
    left = Math.min(burst, left + ((at - countedAt) / 1000) * perSecond);
    countedAt = at;
    while (left >= 1 && queue.length > 0) {
      left -= 1;
      queue.shift()?.();
    }
    if (queue.length > 0) timer = setTimeout(pass, Math.max(1, Math.ceil(((1 - left) / perSecond) * 1000)));
  };
  return {
    get waiting() {
      return queue.length;
    },
    turn(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const go = (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = (): void => {
          queue.splice(queue.indexOf(go), 1);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(go);
        if (timer === undefined) pass();
      });
    },
  };
}
