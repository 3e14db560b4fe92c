/** `exec.approvals.*`, what agents may run; `exec.approval.*`, decisions on single commands (methods.md §11). */
import { BaseHashError, type Approvals } from '../../approvals/approvals-store.js';
import { encodeApprovals } from '../../approvals/approvals-schema.js';
import type { ExecApprovals } from '../../approvals/open-approvals.js';
import { decisions, type ApprovalOutcome, type Decision } from '../../approvals/pending-approvals.js';
import { approvalLimits } from '../../../shared/tools/limits.js';
import { toError } from '../../../shared/to-error.js';
import { invalidRequest, method, RpcError, type Method } from './method.js';

export interface ExecApprovalServices {
  readonly approvals: ExecApprovals;
}

export function execApprovalMethods({ approvals }: ExecApprovalServices): readonly Method[] {
  const { store, pending } = approvals;
  let waits = 0;
  const shown = ({ exists, hash, file, problem }: Approvals): string => {
    const head = { path: store.path, exists, hash, valid: problem === undefined, problem };
    return `${JSON.stringify(head).slice(0, -1)},"file":${encodeApprovals(file)}}`;
  };
  return [
    method({
      name: 'exec.approvals.get',
      scope: 'operator.admin',
      summary: 'What agents may run, and when somebody is asked.',
      answers:
        '`{path, exists, hash, valid, problem, file: {version, defaults: {security, ask}, agents}}`; of a file with a `problem` nothing counts, and nothing may run.',
      answer: () => shown(store.read()),
    }),
    method({
      name: 'exec.approvals.set',
      scope: 'operator.admin',
      summary: 'Replaces the file that says what agents may run.',
      answers: 'As `exec.approvals.get`.',
      answer({ encoded, baseHash }) {
        try {
          return shown(store.replace(encoded, baseHash));
        } catch (caught) {
          throw caught instanceof BaseHashError ? invalidRequest(caught.message) : caught;
        }
      },
    }),
    method({
      name: 'exec.approval.request',
      scope: 'operator.approvals',
      summary: 'Asks whoever may decide whether a command may run, and waits.',
      answers:
        '`{id, decision, createdAtMs, expiresAtMs}` with `decision` `allow-once`, `allow-always`, `deny`, or null when nobody decided in time. With `twoPhase` before it `{status: "accepted", id, createdAtMs, expiresAtMs}`. The approval outlives the connection.',
      answer({ id, timeoutMs, twoPhase, ...asked }, _connection, again) {
        const { command, cwd = null, host = null, agentId = null, sessionKey = null } = asked;
        const { security = null, ask = null } = asked;
        const request = { command, cwd, host, agentId, sessionKey, security, ask };
        const opened = pending.open({
          id,
          timeoutMs,
          source: 'client',
          request: { ...request, resolvedPath: null, env: {} },
        });
        if (opened === 'taken') throw invalidRequest(`approval id already in use: ${id}`);
        if (opened === 'full') throw tooMany();
        if (!twoPhase) return opened.outcome.then(encodeOutcome);
        void opened.outcome.then((outcome) => again({ ok: true, payload: encodeOutcome(outcome) }));
        const { request: _shown, ...times } = opened.approval;
        return JSON.stringify({ status: 'accepted', ...times });
      },
    }),
    method({
      name: 'exec.approval.waitDecision',
      scope: 'operator.approvals',
      summary: 'Waits for the decision on an approval; one that was made a moment ago is told again.',
      answers: 'As `exec.approval.request`.',
      answer({ id }) {
        const outcome = pending.outcome(id);
        if (!outcome) throw unknown(id);
        if (waits >= approvalLimits.waits) throw tooMany();
        waits += 1;
        return outcome.then((decided) => {
          waits -= 1;
          return encodeOutcome(decided);
        });
      },
    }),
    method({
      name: 'exec.approval.resolve',
      scope: 'operator.approvals',
      summary:
        "Decides. The first decision counts. `allow-always` puts the program of a plain command that one of the gateway's own agents wants to run onto the agent's allowlist; of any other command it means `allow-once`.",
      answers: '`{ok: true}`',
      answer({ id, decision }, { session }) {
        if (!isDecision(decision)) throw invalidRequest('invalid decision');
        const { displayName, id: clientId = 'unknown' } = session?.client ?? {};
        if (!decide(() => pending.resolve(id, decision, displayName ?? clientId))) throw unknown(id);
        return '{"ok":true}';
      },
    }),
    method({
      name: 'exec.approval.get',
      scope: 'operator.approvals',
      summary: 'One command that waits for a decision.',
      answers: '`{id, request: {command, cwd, agentId, sessionKey, …}, createdAtMs, expiresAtMs}`',
      answer({ id }) {
        const approval = pending.get(id);
        if (!approval) throw unknown(id);
        return JSON.stringify(approval);
      },
    }),
    method({
      name: 'exec.approval.list',
      scope: 'operator.approvals',
      summary: 'The commands that wait for a decision, oldest first.',
      answers: 'A list of what `exec.approval.get` answers.',
      answer: () => JSON.stringify(pending.list()),
    }),
  ];
}

function encodeOutcome({ id, decision, createdAtMs, expiresAtMs }: ApprovalOutcome): string {
  return JSON.stringify({ id, decision, createdAtMs, expiresAtMs });
}

function isDecision(text: string): text is Decision {
  return (decisions as readonly string[]).includes(text);
}

/** A list that cannot be written leaves the approval open: the next decision may be another. @throws RpcError */
function decide(resolve: () => boolean): boolean {
  try {
    return resolve();
  } catch (caught) {
    throw new RpcError({ code: 'UNAVAILABLE', message: `not decided: ${toError(caught).message}` });
  }
}

function unknown(id: string): RpcError {
  return new RpcError({ code: 'APPROVAL_NOT_FOUND', message: `approval not found or expired: ${id}` });
}

function tooMany(): RpcError {
  const message = 'too many approvals wait for a decision; try again shortly';
  return new RpcError({ code: 'UNAVAILABLE', message, retryable: true, retryAfterMs: 1_000 });
}
