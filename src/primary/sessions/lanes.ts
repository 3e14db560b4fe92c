/**
 * Which run may go on: one per session at a time, and so many of a lane (runs-and-events.md §5). First come, first served,
 * but for who goes before another.
 *
 *   behind ──first of its session──▶ held ──let go──▶ ready ──place in its lane──▶ running ──leave──▶ gone
 *      └──────────── leave ───────────┴────────────────┴──────────────────────────────────────────────▲
 */
export interface LaneLimits {
  /** Runs of a lane at one time, by its name; one of a lane of which it knows nothing. */
  concurrent(lane: string): number | undefined;
  /** Runs that may wait behind the one of their session. */
  readonly waitingPerSession: number;
  readonly waiting: number;
  /** Lanes in use at one time, beyond which no new one may be named. */
  readonly lanes: number;
}

export interface LaneOptions extends LaneLimits {
  /** Milliseconds. */
  now(): number;
  /** Somebody's wait in a lane, or for a session, is over. */
  waited(wait: LaneWait): void;
}

export interface LaneWait {
  /** `session:<key>`, or the lane's name. */
  readonly lane: string;
  readonly waitedMs: number;
}

export interface PlaceRequest {
  readonly session: string;
  readonly lane: string;
  /** Goes before this one if that is still behind another of its session. */
  readonly before?: Place | undefined;
  /** Called once, at once or later, unless the place is left before. */
  start(): void;
  /** Called when it becomes first of its session after having been behind; goes on when it calls `letGo`. */
  hold?(letGo: () => void): void;
  /** Also when it is first at once. */
  readonly holdsAtOnce?: boolean;
}

/** A run's place; leaving it twice is harmless. */
export interface Place {
  /** Behind another of its session. */
  readonly behind: boolean;
  readonly running: boolean;
  leave(): void;
}

export interface Lanes {
  /** Undefined when too many wait already. */
  enter(request: PlaceRequest): Place | undefined;
  /** Starts those whose turn it is now that more may run. */
  limitsChanged(): void;
  readonly waiting: number;
  readonly running: number;
}

export function createLanes(options: LaneOptions): Lanes {
  const sessions = new Map<string, readonly Entry[]>();
  const lanes = new Map<string, Lane>();
  const entries = new WeakMap<Place, Entry>();
  let running = 0;
  let waiting = 0;

  const report = (lane: string, entry: Entry): void => {
    const now = options.now();
    options.waited({ lane, waitedMs: now - entry.since });
    entry.since = now;
  };
  /** Starts those of the lane whose turn it is. */
  const advance = (name: string): void => {
    const lane = lanes.get(name);
    if (!lane) return;
    while (lane.running < (options.concurrent(name) ?? 1)) {
      const next = lane.ready.shift();
      if (!next) return;
      lane.running += 1;
      running += 1;
      waiting -= 1;
      next.state = 'running';
      report(name, next);
      next.request.start();
    }
  };
  const ready = (entry: Entry): void => {
    const { lane } = entry.request;
    entry.state = 'ready';
    lanes.get(lane)?.ready.push(entry);
    advance(lane);
  };
  const becomeFirst = (entry: Entry): void => {
    const { session, hold } = entry.request;
    report(`session:${session}`, entry);
    if (!hold) return ready(entry);
    entry.state = 'held';
    hold(() => {
      if (entry.state !== 'held') return;
      entry.since = options.now();
      ready(entry);
    });
  };
  const leave = (entry: Entry): void => {
    const { state } = entry;
    const { session, lane: name } = entry.request;
    const lane = lanes.get(name);
    if (state === 'gone' || !lane) return;
    entry.state = 'gone';
    lane.size -= 1;
    if (lane.size === 0) lanes.delete(name);
    if (state === 'running') {
      running -= 1;
      lane.running -= 1;
    } else waiting -= 1;
    if (state === 'ready') lane.ready = lane.ready.filter((one) => one !== entry);
    const others = (sessions.get(session) ?? []).filter((one) => one !== entry);
    if (others.length === 0) sessions.delete(session);
    else sessions.set(session, others);
    const [first] = others;
    if (first?.state === 'behind') becomeFirst(first);
    advance(name);
  };
  return {
    enter(request) {
      const { session, lane: name } = request;
      const others = sessions.get(session) ?? [];
      if (waiting >= options.waiting || others.length > options.waitingPerSession) return undefined;
      const lane = lanes.get(name) ?? { size: 0, running: 0, ready: [] };
      if (lane.size === 0 && lanes.size >= options.lanes && options.concurrent(name) === undefined)
        return undefined;
      lanes.set(name, lane);
      lane.size += 1;
      waiting += 1;
      const entry: Entry = { request, state: 'behind', since: options.now() };
      const next = request.before && entries.get(request.before);
      const at = next?.state === 'behind' ? others.indexOf(next) : others.length;
      sessions.set(session, others.toSpliced(at, 0, entry));
      if (others.length === 0) {
        if (request.holdsAtOnce) becomeFirst(entry);
        else ready(entry);
      }
      const place: Place = {
        get behind() {
          return entry.state === 'behind';
        },
        get running() {
          return entry.state === 'running';
        },
        leave: () => leave(entry),
      };
      entries.set(place, entry);
      return place;
    },
    limitsChanged() {
      for (const name of lanes.keys()) advance(name);
    },
    get waiting() {
      return waiting;
    },
    get running() {
      return running;
    },
  };
}

interface Lane {
  /** Of any state. */
  size: number;
  running: number;
  ready: Entry[];
}

interface Entry {
  readonly request: PlaceRequest;
  state: 'behind' | 'held' | 'ready' | 'running' | 'gone';
  /** When its present wait began. */
  since: number;
}
