/**
 * A common step for many that send little and often: who has something to send joins, and all of them are called in the
 * same turn of the event loop, so that what they send leaves together. Nothing ticks while nobody has joined.
 */
export interface Pace {
  /** Called at every step from here on, the first of which may be near. */
  join(walker: Walker): void;
  leave(walker: Walker): void;
}

export interface Walker {
  /** False when it has nothing to wait for: it has left. */
  step(): boolean;
}

/** Two steps are never closer together than `intervalMs`. */
export function createPace(intervalMs: number): Pace {
  const walkers = new Set<Walker>();
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    if (walkers.size > 0) timer ??= setTimeout(step, intervalMs);
  };
  const step = (): void => {
    timer = undefined;
    for (const walker of walkers) if (!walker.step()) walkers.delete(walker);
    plan();
  };
  return {
    join(walker) {
      walkers.add(walker);
      plan();
    },
    leave: (walker) => void walkers.delete(walker),
  };
}
