/**
 * Commands that wait for somebody's decision (methods.md §11). Each ends once, and everybody hears of it:
 *
 *   opened ──resolve──▶ decided ──(kept a while for whoever asks again)──▶ forgotten
 *     └──time over, withdrawn──▶ ended without a decision
 */
import { randomUUID } from 'node:crypto';
import { approvalLimits } from '../../shared/tools/limits.js';
import type { EventName } from '../../shared/protocol/events.js';
import type { AskMode, Security } from './approvals-schema.js';

export const decisions = ['allow-once', 'allow-always', 'deny'] as const;
export type Decision = (typeof decisions)[number];

/** What is to be decided on, as it is shown. */
export interface ApprovalRequest {
  readonly command: string;
  readonly cwd: string | null;
  readonly host: string | null;
  readonly agentId: string | null;
  readonly sessionKey: string | null;
  readonly security: Security | null;
  readonly ask: AskMode | null;
  /** The program; null when the command is not a plain one. */
  readonly resolvedPath: string | null;
  /** Variables that the command is given besides the usual ones. */
  readonly env: Readonly<Record<string, string>>;
}

export interface PendingApproval {
  readonly id: string;
  readonly request: ApprovalRequest;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Null: nobody decided in time. */
export interface ApprovalOutcome extends Omit<PendingApproval, 'request'> {
  readonly decision: Decision | null;
}

/** Whose commands wait; each side has its own room. */
export type ApprovalSource = 'tool' | 'client';

export interface OpenApproval {
  readonly id?: string | undefined;
  readonly request: ApprovalRequest;
  readonly timeoutMs: number;
  readonly source: ApprovalSource;
  /** Called before anybody hears of the decision; what it throws leaves the approval open. */
  readonly decided?: (decision: Decision) => void;
}

export interface OpenedApproval {
  readonly approval: PendingApproval;
  readonly outcome: Promise<ApprovalOutcome>;
}

export interface PendingApprovals {
  /** `taken`: the id is in use. `full`: too many wait. */
  open(asked: OpenApproval): OpenedApproval | 'taken' | 'full';
  /** False when there is no such approval, or none any more. @throws what `decided` does */
  resolve(id: string, decision: Decision, resolvedBy: string): boolean;
  /** Nobody waits for the decision any more. */
  withdraw(id: string): void;
  outcome(id: string): Promise<ApprovalOutcome> | undefined;
  get(id: string): PendingApproval | undefined;
  /** Oldest first. */
  list(): readonly PendingApproval[];
  stop(): void;
}

interface Open extends OpenedApproval {
  readonly asked: OpenApproval;
  end(decision: Decision | null, resolvedBy?: string): void;
}

export function createPendingApprovals(
  broadcast: (name: EventName, payload: () => string) => void,
  now: () => number,
): PendingApprovals {
  const pending = new Map<string, Open>();
  /** Oldest first. */
  const ended = new Map<string, { readonly outcome: Promise<ApprovalOutcome>; readonly at: number }>();
  const prune = (): void => {
    for (const [id, { at }] of ended) {
      if (ended.size <= approvalLimits.kept && now() - at < approvalLimits.keptMs) return;
      ended.delete(id);
    }
  };
  const start = (id: string, asked: OpenApproval): Open => {
    const createdAtMs = now();
    const times = { createdAtMs, expiresAtMs: createdAtMs + asked.timeoutMs };
    let settle!: (outcome: ApprovalOutcome) => void;
    const outcome = new Promise<ApprovalOutcome>((resolve) => (settle = resolve));
    const end: Open['end'] = (decision, resolvedBy) => {
      clearTimeout(timer);
      pending.delete(id);
      ended.set(id, { outcome, at: now() });
      prune();
      settle({ id, decision, ...times });
      const by = resolvedBy === undefined ? {} : { resolvedBy };
      broadcast('exec.approval.resolved', () => JSON.stringify({ id, decision, ...by, ts: now() }));
    };
    const timer = setTimeout(() => end(null), asked.timeoutMs);
    return { asked, approval: { id, request: asked.request, ...times }, outcome, end };
  };
  return {
    open(asked) {
      prune();
      const id = asked.id ?? randomUUID();
      if (pending.has(id) || ended.has(id)) return 'taken';
      const ofSource = [...pending.values()].filter((one) => one.asked.source === asked.source);
      if (ofSource.length >= approvalLimits.pending) return 'full';
      const opened = start(id, asked);
      pending.set(id, opened);
      broadcast('exec.approval.requested', () => JSON.stringify(opened.approval));
      return opened;
    },
    resolve(id, decision, resolvedBy) {
      const open = pending.get(id);
      if (!open) return false;
      open.asked.decided?.(decision);
      open.end(decision, resolvedBy);
      return true;
    },
    withdraw: (id) => pending.get(id)?.end(null),
    outcome(id) {
      prune();
      return (pending.get(id) ?? ended.get(id))?.outcome;
    },
    get: (id) => pending.get(id)?.approval,
    list: () => [...pending.values()].map(({ approval }) => approval),
    stop() {
      for (const open of pending.values()) open.end(null);
    },
  };
}
