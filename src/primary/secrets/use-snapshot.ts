/** What becomes of a new secrets snapshot: everything is built first, and only then is anything swapped (secrets.md §6). */
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Redactor } from '../../shared/log/redact.js';
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import { resolveAuth, type ResolvedAuth } from '../config/resolve-auth.js';
import { buildRoutes } from '../config/routes.js';
import { authFlags, type StartPlan } from '../config/start-plan.js';
import { authPolicyOf } from '../config/worker-snapshot.js';
import type { Control } from '../control/open-control.js';
import { secretsInUse } from '../log/open-log.js';
import type { DataPath } from '../port/open-data-path.js';
import type { SecretsSnapshot } from './keeper.js';

export interface SnapshotUsers {
  readonly plan: StartPlan;
  readonly options: GatewayOptions;
  /** In force now. */
  readonly auth: ResolvedAuth;
  readonly policy: AuthPolicy;
  readonly redactor: Pick<Redactor, 'hide'>;
  control(): Pick<Control, 'useAuth'>;
  data(): Pick<DataPath, 'use'>;
}

export function createSnapshotUse(users: SnapshotUsers): (next: SecretsSnapshot) => Promise<void> {
  const { plan, options, redactor } = users;
  const { flags } = options;
  const { env } = plan;
  let { auth, policy } = users;
  return async (next) => {
    const { config, generation: version } = next;
    const routes = buildRoutes({ config, env, model: flags.model, version });
    const resolved = resolveAuth({ config, refs: plan.loaded.refs }, authFlags(flags), env);
    const isNew = resolved.secret !== undefined && resolved.secret !== auth.secret;
    const nextPolicy = isNew ? authPolicyOf(resolved, config.gateway) : policy;
    if (isNew) auth = resolved;
    policy = nextPolicy;
    redactor.hide(secretsInUse({ auth, routes, secrets: next }));
    await users.data().use({ config, routes, auth: policy, env });
    if (isNew) users.control().useAuth(policy);
  };
}
