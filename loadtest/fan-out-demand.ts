/** Asks for the next broadcasts as the ones before arrive; what goes on by itself is asked for once. */
import type { FanOutSource } from './load-protocol.js';

export interface Demand {
  begin(): void;
  /** So many have arrived everywhere by now. */
  arrived(broadcasts: number): void;
  /** Between asking and arriving everywhere, together, where there are pauses in between; else undefined. */
  readonly underWayMs: number | undefined;
}

/** @param ask asks for one more, or for the beginning */
export function createDemand(source: FanOutSource, ask: () => void): Demand {
  switch (source.kind) {
    case 'broadcasts':
      return keepUnderWay(source.inFlight, ask);
    case 'lists':
      return oneByOne(source.pauseMs, ask);
    case 'runs':
    case 'visitors':
      return { begin: ask, arrived() {}, underWayMs: undefined };
    default:
      return source satisfies never;
  }
}

function keepUnderWay(inFlight: number, ask: () => void): Demand {
  let asked = 0;
  const arrived = (broadcasts: number): void => {
    for (; asked < inFlight + broadcasts; asked += 1) ask();
  };
  return { begin: () => arrived(0), arrived, underWayMs: undefined };
}

function oneByOne(pauseMs: number, ask: () => void): Demand {
  let asked = 0;
  let askedAt: number | undefined;
  let underWayMs = 0;
  const begin = (): void => {
    asked += 1;
    askedAt = performance.now();
    ask();
  };
  return {
    begin,
    arrived(broadcasts) {
      if (askedAt === undefined || broadcasts < asked) return;
      underWayMs += performance.now() - askedAt;
      askedAt = undefined;
      stayAwake(performance.now() + pauseMs, begin);
    },
    get underWayMs() {
      return underWayMs;
    },
  };
}

/** Waits without sleeping: what it takes to wake a core that has nothing to do would be most of what is measured. */
function stayAwake(until: number, then: () => void): void {
  if (performance.now() >= until) then();
  else setImmediate(stayAwake, until, then);
}
