/**
 * Answers the exec tool's question whether a command may run, and how: as the file of approvals says, or as somebody
 * decides. Whatever is in doubt does not run.
 */
import { basename } from 'node:path';
import type { ExecQuestion, ExecVerdict } from '../../shared/exec.js';
import type { Logger } from '../../shared/log/logger.js';
import type { ApprovalsStore } from './approvals-store.js';
import { isListed, mayBeAllowedAlways, rulesFor, verdictOf, type ExecRules } from './exec-rules.js';
import { findProgram } from './find-program.js';
import type { PendingApprovals } from './pending-approvals.js';
import { plainCommand } from './plain-command.js';

export interface ExecApproverOptions {
  readonly store: ApprovalsStore;
  readonly pending: PendingApprovals;
  readonly home: string;
  /** Where programs are looked for that are called by name. */
  readonly searchPath: string;
  /** How long a decision is waited for. */
  readonly waitMs: number;
  readonly log: Logger;
}

/** @param signal aborted when the asker is gone or does not want to know any more */
export type ExecApprover = (question: ExecQuestion, signal: AbortSignal) => Promise<ExecVerdict>;

/** What would run. */
interface Plan {
  readonly argv: readonly string[];
  /** Of a plain command. */
  readonly program: string | undefined;
  readonly listed: boolean;
}

export function createExecApprover(options: ExecApproverOptions): ExecApprover {
  const { store, pending, home, searchPath, waitMs, log } = options;

  const planFor = async ({ command, cwd, env }: ExecQuestion, rules: ExecRules): Promise<Plan> => {
    const words = plainCommand(command);
    const path = words?.[0] === undefined ? undefined : await findProgram(words[0], cwd, searchPath);
    // With variables of its own a program that is harmless can be made to run anything.
    if (!words?.[0] || path === undefined || Object.keys(env).length > 0)
      return { argv: ['/bin/sh', '-c', command], program: undefined, listed: false };
    const listed = isListed({ word: words[0], path }, rules.patterns, home);
    return { argv: [path, ...words.slice(1)], program: path, listed };
  };

  const ask = async (
    question: ExecQuestion,
    plan: Plan,
    { security, ask }: ExecRules,
    signal: AbortSignal,
  ): Promise<ExecVerdict> => {
    const { command, cwd, agentId, sessionKey, env } = question;
    const { program } = plan;
    const opened = pending.open({
      source: 'tool',
      timeoutMs: waitMs,
      request: {
        command,
        cwd,
        host: 'gateway',
        agentId,
        sessionKey,
        security,
        ask,
        resolvedPath: program ?? null,
        env,
      },
      decided(decision) {
        if (decision === 'allow-always' && program !== undefined && mayBeAllowedAlways(program))
          store.allow(agentId, program);
      },
    });
    if (typeof opened === 'string') return refused('too many commands wait for approval');
    const withdraw = (): void => pending.withdraw(opened.approval.id);
    signal.addEventListener('abort', withdraw, { once: true });
    const { decision } = await opened.outcome;
    signal.removeEventListener('abort', withdraw);
    log.info('exec.decided', `a command was decided on: ${decision ?? 'no decision'}`, {
      id: opened.approval.id,
      agentId,
      program: program && basename(program),
    });
    if (decision === null) return refused('nobody approved the command in time');
    return decision === 'deny' ? refused('the command was denied') : { run: true, argv: plan.argv };
  };

  return async (question, signal) => {
    const { file, problem } = store.read();
    if (problem !== undefined) return refused(problem);
    const rules = rulesFor(question.agentId, file);
    if (rules.security === 'deny') return refused('commands are not allowed (security: deny)');
    const plan = await planFor(question, rules);
    if (signal.aborted) return refused('cancelled');
    switch (verdictOf(rules, plan.listed)) {
      case 'run':
        return { run: true, argv: plan.argv };
      case 'ask':
        return ask(question, plan, rules, signal);
      case 'refuse':
        return refused('the command is not on the allowlist, and nobody is asked (ask: off)');
    }
  };
}

function refused(why: string): ExecVerdict {
  return { run: false, why };
}
