/** Which job is due next: looking costs nothing, however many jobs there are. */
export interface DueTimes {
  /** Undefined: never. */
  set(id: string, at: number | undefined): void;
  /** When the first one is due. */
  next(): number | undefined;
  /** Ids of what is due by then, first come first; they are due no more. */
  take(now: number): readonly string[];
}

interface Due {
  readonly at: number;
  readonly id: string;
}

export function createDueTimes(): DueTimes {
  const times = new Map<string, number>();
  /** Latest first, so that the next one is at the end. */
  const sorted: Due[] = [];

  /** Where it stands, or would. */
  const placeOf = ({ at, id }: Due): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = sorted[middle] as Due;
      if (other.at > at || (other.at === at && other.id > id)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    set(id, at) {
      const before = times.get(id);
      if (before === at) return;
      if (before !== undefined) sorted.splice(placeOf({ at: before, id }), 1);
      times.delete(id);
      if (at === undefined) return;
      times.set(id, at);
      sorted.splice(placeOf({ at, id }), 0, { at, id });
    },
    next: () => sorted.at(-1)?.at,
    take(now) {
      const due: string[] = [];
      for (let last = sorted.at(-1); last && last.at <= now; last = sorted.at(-1)) {
        sorted.pop();
        times.delete(last.id);
        due.push(last.id);
      }
      return due;
    },
  };
}
