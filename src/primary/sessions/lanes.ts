/**
 * Which run may go on: one per session at a time, and so many in all (runs-and-events.md §5). First come, first served.
 *
 *   waiting for its session ──▶ waiting for a place ──▶ running ──leave──▶ gone
 *            └────────── leave ─────────┴──────────────────────────────────▲
 */
export interface LaneLimits {
  /** Runs at one time. */
  readonly maxConcurrent: number;
  /** Runs that may wait behind the one of their session. */
  readonly waitingPerSession: number;
  readonly waiting: number;
}

/** A run's place; leaving it twice is harmless. */
export interface Place {
  readonly running: boolean;
  leave(): void;
}

export interface Lanes {
  /** Undefined when too many wait already. `start` is called once, at once or later, unless the place is left before. */
  enter(session: string, start: () => void): Place | undefined;
  readonly waiting: number;
  readonly running: number;
}

export function createLanes(limits: LaneLimits): Lanes {
  const sessions = new Map<string, Entry[]>();
  let ready: Entry[] = [];
  let running = 0;
  let waiting = 0;

  /** Starts those whose turn it is. */
  const advance = (): void => {
    while (running < limits.maxConcurrent) {
      const next = ready.shift();
      if (!next) return;
      running += 1;
      waiting -= 1;
      next.state = 'running';
      next.start();
    }
  };
  const leave = (entry: Entry): void => {
    const { state, session } = entry;
    if (state === 'gone') return;
    entry.state = 'gone';
    if (state === 'running') running -= 1;
    else waiting -= 1;
    if (state === 'ready') ready = ready.filter((one) => one !== entry);
    const lane = (sessions.get(session) ?? []).filter((one) => one !== entry);
    if (lane.length === 0) sessions.delete(session);
    else sessions.set(session, lane);
    const [first] = lane;
    if (first?.state === 'behind') {
      first.state = 'ready';
      ready.push(first);
    }
    advance();
  };
  return {
    enter(session, start) {
      const lane = sessions.get(session) ?? [];
      if (waiting >= limits.waiting || lane.length > limits.waitingPerSession) return undefined;
      const entry: Entry = { session, start, state: lane.length === 0 ? 'ready' : 'behind' };
      sessions.set(session, [...lane, entry]);
      waiting += 1;
      if (entry.state === 'ready') ready.push(entry);
      advance();
      return {
        get running() {
          return entry.state === 'running';
        },
        leave: () => leave(entry),
      };
    },
    get waiting() {
      return waiting;
    },
    get running() {
      return running;
    },
  };
}

interface Entry {
  readonly session: string;
  readonly start: () => void;
  state: 'behind' | 'ready' | 'running' | 'gone';
}
