/**
 * Looks up names that strangers have sent, few at a time. Each lookup holds one of the threads that libuv has for the whole
 * process, as long as a name server likes, and connections to providers need these as well.
 */

export type Lookup = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** @param ask cannot be stopped; whoever waits for its turn and is told to stop never asks */
export function createLookups(ask: (host: string) => Promise<readonly string[]>, atOnce: number): Lookup {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  return async (host, signal) => {
    if (underWay < atOnce) underWay += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      signal.throwIfAborted();
      return await ask(host);
    } finally {
      // The next one gets the place.
      const next = waiting.shift();
      if (next) next();
      else underWay -= 1;
    }
  };
}
