/** What goes wrong on purpose: the next calls of a method fail in a way that a test chooses. */

export type Fault =
  /** The server says no, and has done nothing. */
  | {
      readonly kind: 'error';
      readonly code: number;
      readonly description: string;
      readonly retryAfter?: number;
    }
  /** The request is read, then nothing more is heard; what it asks for is done or not. */
  | { readonly kind: 'silent'; readonly done: boolean }
  /** The request is read, then the connection breaks. */
  | { readonly kind: 'reset'; readonly done: boolean }
  /** A proxy on the way answers for the server, which has seen nothing of it. */
  | { readonly kind: 'proxy'; readonly status: number };

export const tooManyRequests = (retryAfter: number): Fault => ({
  kind: 'error',
  code: 429,
  description: `Too Many Requests: retry after ${retryAfter}`,
  retryAfter,
});

export interface Faults {
  /** The next so many calls of the method; `*` for any. */
  add(method: string, fault: Fault, times?: number): void;
  take(method: string): Fault | undefined;
  /** That have not happened yet. */
  readonly left: number;
  /** Those of a method that have happened. */
  taken(method: string): readonly Fault[];
}

/** @param apart never two calls of a method in a row: what is down for longer is another matter than what has trouble */
export function createFaults(apart: boolean): Faults {
  const failed = new Set<string>();
  const planned: { readonly method: string; readonly fault: Fault }[] = [];
  const happened: { readonly method: string; readonly fault: Fault }[] = [];
  return {
    add(method, fault, times = 1) {
      for (let count = 0; count < times; count += 1) planned.push({ method, fault });
    },
    take(method) {
      if (apart && failed.delete(method)) return undefined;
      const at = planned.findIndex((one) => one.method === '*' || one.method === method);
      const [found] = at < 0 ? [] : planned.splice(at, 1);
      if (!found) return undefined;
      happened.push({ method, fault: found.fault });
      failed.add(method);
      return found.fault;
    },
    get left() {
      return planned.length;
    },
    taken: (method) => happened.filter((one) => one.method === method).map(({ fault }) => fault),
  };
}
