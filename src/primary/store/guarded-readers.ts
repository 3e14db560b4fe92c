/** A store whose readers are asked only when a check says that they can be. */
import { toError } from '../../shared/to-error.js';
import type { Store } from './store.js';

const READERS = [
  'sessions',
  'transcripts',
  'runs',
  'usage',
  'devices',
  'deliveries',
  'channels',
  'cron',
] as const satisfies readonly (keyof Store)[];

/** @param check throws what every reader rejects with then */
export function guardReaders(store: Store, check: () => void): Store {
  const guarded = Object.fromEntries(READERS.map((name) => [name, guard(store[name], check)]));
  return { ...store, ...guarded };
}

function guard(reader: object, check: () => void): object {
  const methods = Object.entries(reader) as [string, (...args: readonly unknown[]) => Promise<unknown>][];
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (...args: readonly unknown[]) => {
        try {
          check();
        } catch (caught) {
          return Promise.reject(toError(caught));
        }
        return method(...args);
      },
    ]),
  );
}
