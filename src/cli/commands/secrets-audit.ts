/** `pllan secrets audit`: what is still in plain text, and what leads nowhere (secrets.md §10). */
import { displayPath } from '../../shared/paths.js';
import type { CommandHandler } from '../command.js';
import { auditLimits } from '../limits.js';
import { plainText } from '../output/plain-text.js';
import { auditSecrets } from '../secrets/audit.js';
import type { AuditReport } from '../secrets/finding.js';
import { UserError } from '../user-error.js';

/** Of a ref that leads nowhere, whatever was asked for, and of an audit that cannot be made. */
const UNRESOLVED = 2;

export const secretsAudit: CommandHandler = async (options, { env, paths, output }) => {
  const report = await auditSecrets({ env, paths, allowExec: options.flag('allow-exec') }).catch(failed);
  if (options.flag('json')) output.document(report);
  else output.print(...auditLines(report, paths.home));
  if (report.status === 'unresolved') return UNRESOLVED;
  return options.flag('check') && report.status === 'findings' ? 1 : 0;
};

function failed(caught: unknown): never {
  if (!(caught instanceof UserError)) throw caught;
  throw new UserError(`Secrets audit failed: ${caught.message}`, caught.details, caught.facts, UNRESOLVED);
}

function auditLines({ status, summary, findings, resolution }: AuditReport, home: string): string[] {
  const { plaintextCount, unresolvedRefCount, shadowedRefCount, legacyResidueCount } = summary;
  const more = findings.length - auditLimits.shownFindings;
  return [
    `Secrets audit: ${status}. plaintext=${plaintextCount}, unresolved=${unresolvedRefCount}, shadowed=${shadowedRefCount}, legacy=${legacyResidueCount}.`,
    ...findings
      .slice(0, auditLimits.shownFindings)
      .map(
        ({ code, file, jsonPath, message }) =>
          `- [${code}] ${plainText(`${displayPath(file, home)}: ${jsonPath}: ${message}`)}`,
      ),
    ...(more > 0 ? [`… and ${more} more; --json shows all`] : []),
    ...(resolution.skippedExecRefs > 0
      ? [`${resolution.skippedExecRefs} refs to commands were not checked; --allow-exec runs them.`]
      : []),
  ];
}
