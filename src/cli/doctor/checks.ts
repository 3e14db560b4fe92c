/** All checks, in the order in which they are made: what later ones build on comes first. */
import { configFile, gatewayMode, legacyKeys } from './checks/config-file.js';
import { gatewayAuth } from './checks/gateway-auth.js';
import { locks } from './checks/locks.js';
import { models } from './checks/models.js';
import { running } from './checks/running.js';
import { secrets } from './checks/secrets.js';
import { security } from './checks/security.js';
import { service } from './checks/service.js';
import { sessions } from './checks/sessions.js';
import { stateDir, stateDirPlace } from './checks/state-dir.js';
import type { Check } from './finding.js';

export const checks: readonly Check[] = [
  stateDir,
  legacyKeys,
  configFile,
  gatewayMode,
  stateDirPlace,
  gatewayAuth,
  locks,
  sessions,
  models,
  secrets,
  service,
  running,
  security,
];
