/** Wires the keeper of secrets to all that uses what it keeps. */
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Redactor } from '../../shared/log/redact.js';
import { systemEventLimits } from '../../shared/limits.js';
import type { ResolvedAuth } from '../config/resolve-auth.js';
import { authFlags, type StartPlan } from '../config/start-plan.js';
import type { Sessions } from '../sessions/sessions.js';
import { describeAuthSurfaces } from './activation.js';
import { createSecretsKeeper, type SecretsKeeper } from './keeper.js';
import { tellMainSession } from './tell-main-session.js';
import { createSnapshotUse, type SnapshotUsers } from './use-snapshot.js';

export interface OpenSecretsOptions extends Pick<SnapshotUsers, 'control' | 'data'> {
  readonly plan: StartPlan;
  readonly options: GatewayOptions;
  readonly auth: ResolvedAuth;
  readonly policy: AuthPolicy;
  readonly redactor: Redactor;
  readonly sessions: Sessions;
  readonly log: Logger;
}

export function openSecrets({ sessions, log, ...users }: OpenSecretsOptions): SecretsKeeper {
  const { plan, options, redactor } = users;
  const { refs, warnings } = plan.secrets;
  for (const { path, message } of describeAuthSurfaces(refs))
    log.info('secrets.gateway-auth', `SECRETS_GATEWAY_AUTH_SURFACE ${message}`, { path });
  for (const { code, path, message } of warnings) log.warn('secrets.ignored', `${code} ${message}`, { path });
  return createSecretsKeeper({
    first: plan.secrets,
    sources: {
      loaded: plan.loaded,
      flags: authFlags(options.flags),
      env: plan.env,
      paths: options.paths,
    },
    use: createSnapshotUse(users),
    signal: (text) => tellMainSession(sessions, redactor.text(text, systemEventLimits.textChars), log),
    log,
  });
}
