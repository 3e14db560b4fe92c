/** Tells a new snapshot to those who do not look at the current one: workers, connections, the log (config.md §12). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Redactor } from '../../shared/log/redact.js';
import type { Channels } from '../channels/open-channels.js';
import type { Control } from '../control/open-control.js';
import type { Agenda } from '../open-agenda.js';
import type { GatewayLog } from '../log/open-log.js';
import type { DataPath } from '../port/open-data-path.js';
import { secretsInUse } from '../secrets/secrets-in-use.js';
import type { Runs } from '../sessions/runs.js';
import { warnOfAuth } from '../start-messages.js';
import type { Snapshot } from './snapshot.js';

export interface SnapshotUsers {
  readonly redactor: Pick<Redactor, 'hide'>;
  readonly log: Pick<GatewayLog, 'configure' | 'log'>;
  control(): Pick<Control, 'useAuth' | 'authChanged' | 'configChanged'>;
  data(): Pick<DataPath, 'use'>;
  runs(): Pick<Runs, 'limitsChanged'>;
  channels(): Pick<Channels, 'configChanged'>;
  agenda(): Pick<Agenda, 'configChanged'>;
}

/** Resolves when all workers know, or are being replaced. */
export async function useSnapshot(next: Snapshot, before: Snapshot, users: SnapshotUsers): Promise<void> {
  const { config, routes, policy, env } = next;
  users.redactor.hide(secretsInUse(next, next.source.hidden));
  users.log.configure(config.logging);
  users.control().useAuth(policy);
  users.runs().limitsChanged();
  users.channels().configChanged();
  users.agenda().configChanged();
  users.control().configChanged();
  // What workers are sent takes as long as the config is.
  await nextTurn();
  await users.data().use({ config, routes, auth: policy, env });
  const { mode, secret } = next.auth;
  if (mode === before.auth.mode && secret === before.auth.secret) return;
  warnOfAuth(config, next.auth, users.log);
  users.control().authChanged();
}
