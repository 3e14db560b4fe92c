/** What clients can ask about the config file (methods.md §6), apart from the connection that asks. */
import type { Environment } from '../../shared/paths.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import { configSnapshot } from './config-snapshot.js';

/** Where the config is, and what it is read with. */
export interface ConfigPlace {
  readonly path: string;
  /** Without what the config itself adds. */
  readonly env: Environment;
  /** What the login shell gave at start; it is not asked again. */
  readonly imported: Environment;
}

export type ConfigTask = {
  readonly kind: 'get';
  readonly place: ConfigPlace;
  /** For whoever may not know where the gateway keeps things. */
  readonly shownPath: string;
  readonly appliedConfigHash: string;
};

/** The payload as JSON text, or why there is none. */
export type ConfigAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: ErrorShape };

export async function doConfigTask(task: ConfigTask): Promise<ConfigAnswer> {
  switch (task.kind) {
    case 'get':
      return { ok: true, payload: JSON.stringify(configSnapshot(task)) };
  }
}
