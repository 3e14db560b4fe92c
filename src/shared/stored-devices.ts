/**
 * Devices in the store of a gateway that does not run (cli.md §14): beside the start of the gateway the other contract
 * between `cli` and `primary`, joined in `entry.ts`. Answers are those of `device.pair.list` and `.approve`.
 */
import type { Environment, Paths } from './paths.js';

export interface StoredDevices {
  list(): Promise<{ readonly pending: readonly object[]; readonly paired: readonly object[] }>;
  /** Undefined when there is no such request, or it came too long ago. */
  approve(requestId: string): Promise<{ readonly requestId: string; readonly device: object } | undefined>;
}

export interface StoreLocation {
  readonly env: Environment;
  readonly paths: Paths;
}

/** Runs `use` while no gateway can start. @throws Error when one runs, or the store cannot be read */
export type WithStoredDevices = <T>(
  location: StoreLocation,
  use: (devices: StoredDevices) => Promise<T>,
) => Promise<T>;
