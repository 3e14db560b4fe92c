/** All checks, in the order in which they are made: what later ones build on comes first. */
import { channels } from './checks/channels.js';
import { configFile, gatewayMode, legacyKeys } from './checks/config-file.js';
import { gatewayAuth } from './checks/gateway-auth.js';
import { identity } from './checks/identity.js';
import { legacyFolders } from './checks/legacy-folders.js';
import { locks } from './checks/locks.js';
import { machine } from './checks/machine.js';
import { models } from './checks/models.js';
import { running } from './checks/running.js';
import { secretProviders } from './checks/secret-providers.js';
import { secrets } from './checks/secrets.js';
import { security } from './checks/security.js';
import { service } from './checks/service.js';
import { sessions } from './checks/sessions.js';
import { stateDir, stateDirPlace } from './checks/state-dir.js';
import { tls } from './checks/tls.js';
import { workspace } from './checks/workspace.js';
import type { Check } from './finding.js';

export const checks: readonly Check[] = [
  stateDir,
  legacyKeys,
  configFile,
  gatewayMode,
  stateDirPlace,
  identity,
  gatewayAuth,
  tls,
  locks,
  legacyFolders,
  sessions,
  workspace,
  models,
  channels,
  secretProviders,
  secrets,
  service,
  running,
  security,
  machine,
];
