/**
 * Sessions in the store of this state directory, for commands that read and write it themselves (runs-and-events.md §7):
 * a contract between `cli` and `primary` like that of `stored-devices.ts`, joined in `entry.ts`.
 */
import type { StoreLocation } from './stored-devices.js';
import type { SessionEntry, TranscriptEntry } from './store/records.js';

/** A session with its transcript, of which only one page is ever at hand. */
export interface StoredSession {
  readonly key: string;
  readonly entry: SessionEntry;
  /**
   * Its lines in order, the transcript's own first; no page when it has none, and no page is empty.
   * @throws SessionGone
   */
  readonly pages: AsyncIterable<readonly TranscriptEntry[]>;
}

/** The store as it is read, also beside a gateway that writes it. */
export interface SessionSource {
  count(): number;
  /** By key; each as it was at one moment. */
  each(): AsyncIterable<StoredSession>;
}

/** The store as it is written, while no gateway can start. */
export interface SessionSink {
  /**
   * Stores a session whole or not at all.
   *
   * @param replace what there is of it
   */
  put(session: StoredSession, replace: boolean): Promise<Stored>;
}

/** It was deleted while it was read. */
export class SessionGone extends Error {
  constructor() {
    super('deleted while it was read');
    this.name = 'SessionGone';
  }
}

export type Stored =
  | { readonly stored: true; readonly lines: number }
  | { readonly stored: false; readonly reason: string };

export interface StoredSessions {
  /** @throws Error when the store cannot be read */
  read<T>(location: StoreLocation, use: (source: SessionSource) => Promise<T>): Promise<T>;
  /** @throws Error when a gateway runs, or the store cannot be opened */
  write<T>(location: StoreLocation, use: (sink: SessionSink) => Promise<T>): Promise<T>;
}
