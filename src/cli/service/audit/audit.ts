/** Whether the installed service is as it is to be, and how it becomes so (cli.md §16); for `gateway status` and `doctor`. */
import { UserError } from '../../user-error.js';
import type { ServiceContext } from '../context.js';
import { isOurs, type InstalledService } from '../definition.js';
import type { ServiceManager } from '../manager.js';
import { serviceChecks, type ServiceCheck } from './checks.js';
import { collectFacts, type AuditFacts } from './facts.js';

export interface ServiceIssue extends Pick<ServiceCheck, 'code' | 'level' | 'repair'> {
  readonly message: string;
}

export interface ServiceAudit {
  readonly ok: boolean;
  readonly issues: readonly ServiceIssue[];
}

export const AUDIT_HEADING = 'Service config looks out of date or non-standard.';
export const AUDIT_ADVICE = 'Recommendation: run "pllan doctor" (or "pllan doctor --repair").';

/** Pure: what the facts say. */
export function findIssues(facts: AuditFacts): readonly ServiceIssue[] {
  return serviceChecks
    .filter(({ only }) => only === undefined || only === facts.kind)
    .flatMap((check) => {
      const message = check.find(facts);
      if (message === undefined) return [];
      const { code, level, repair } = check;
      return [{ code, level, repair, message }];
    });
}

/** Undefined when no service is installed. */
export async function auditService(context: ServiceContext): Promise<ServiceAudit | undefined> {
  const { manager } = context;
  const installed = manager?.command();
  return manager && installed ? auditInstalled(context, manager, installed) : undefined;
}

export async function auditInstalled(
  context: ServiceContext,
  manager: ServiceManager,
  installed: InstalledService,
): Promise<ServiceAudit> {
  const issues = findIssues(await collectFacts(context, manager, installed));
  return { ok: issues.length === 0, issues };
}

export interface RepairResult {
  /** The definition was written anew, and the service started with it. */
  readonly rewritten: boolean;
  readonly before: readonly ServiceIssue[];
  /** What is left: what takes people to mend. */
  readonly after: readonly ServiceIssue[];
  readonly notes: readonly string[];
}

/**
 * Writes the definition as it is to be, keeps the old one beside it, and starts the service anew.
 *
 * @param force also where the definition is not ours, or the finding is `aggressive`
 * @throws UserError when that would be needed, and what the manager refuses
 */
export async function repairService(context: ServiceContext, force: boolean): Promise<RepairResult> {
  const { manager } = context;
  const installed = manager?.command();
  if (!manager || !installed) return { rewritten: false, before: [], after: [], notes: [] };
  const { issues: before } = await auditInstalled(context, manager, installed);
  const mendable = before.filter(({ repair }) => repair === 'rewrite');
  if (mendable.length === 0) return { rewritten: false, before, after: before, notes: [] };
  const reason = isOurs(installed)
    ? mendable.find(({ level }) => level === 'aggressive')?.message
    : 'The service definition was not written by pllan.';
  if (reason !== undefined && !force)
    throw new UserError(reason, ['Replace it all the same with: pllan gateway install --force']);
  const notes = await manager.install(await context.desired(manager));
  const audit = await auditService(context);
  return { rewritten: true, before, after: audit?.issues ?? [], notes };
}
