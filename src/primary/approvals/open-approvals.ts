/** Wires what decides whether agents may run commands: the file, what waits for a decision, the answer to the exec tool. */
import { approvalLimits } from '../../shared/tools/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Environment, Paths } from '../../shared/paths.js';
import type { Broadcast } from '../sessions/run-events.js';
import { createApprovalsStore, type ApprovalsStore } from './approvals-store.js';
import { createExecApprover, type ExecApprover } from './exec-approval.js';
import { createPendingApprovals, type PendingApprovals } from './pending-approvals.js';

export interface ApprovalOptions {
  readonly paths: Paths;
  readonly env: Environment;
  readonly broadcast: Broadcast;
  readonly log: Logger;
}

export interface ExecApprovals {
  readonly store: ApprovalsStore;
  readonly pending: PendingApprovals;
  readonly approve: ExecApprover;
}

export function openApprovals({ paths, env, broadcast, log }: ApprovalOptions): ExecApprovals {
  const store = createApprovalsStore(paths.execApprovals);
  const pending = createPendingApprovals(broadcast, Date.now);
  const testWait = env.PLLAN_TEST_HOOKS === '1' && Number(env.PLLAN_TEST_APPROVAL_WAIT_MS);
  const approve = createExecApprover({
    store,
    pending,
    home: paths.home,
    searchPath: env.PATH ?? '',
    waitMs: testWait || approvalLimits.waitMs,
    log,
  });
  return { store, pending, approve };
}
