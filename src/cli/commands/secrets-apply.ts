/** `pllan secrets apply`: puts SecretRefs in the place of credentials, as a plan says (secrets.md §8, §10). */
import { resolve } from 'node:path';
import { expandHome } from '../../shared/paths.js';
import type { CommandHandler } from '../command.js';
import type { Output } from '../output/output.js';
import { plainText } from '../output/plain-text.js';
import { applyPlan, type ApplyReport } from '../secrets/plan/apply-plan.js';
import { readPlanFile } from '../secrets/plan/read-plan.js';
import { UserError } from '../user-error.js';

export const secretsApply: CommandHandler = async (options, { env, paths, output }) => {
  const from = options.text('from');
  if (from === undefined) throw new UserError('--from <file> is required');
  const plan = readPlanFile(resolve(expandHome(from, paths.home)));
  const report = await applyPlan(plan, {
    env,
    paths,
    allowExec: options.flag('allow-exec'),
    dryRun: options.flag('dry-run'),
  });
  if (options.flag('json')) output.document(report);
  else sayReport(report, output);
  return 0;
};

export function sayReport(
  { mode, changedFiles, skippedExecRefs, warnings }: ApplyReport,
  output: Output,
): void {
  const count = `${changedFiles.length} file(s)`;
  if (changedFiles.length === 0) output.print('Secrets apply: no changes.');
  else if (mode === 'dry-run') output.print(`Secrets apply dry run: ${count} would change.`);
  else output.print(`Secrets applied. Updated ${count}.`);
  output.print(...changedFiles.map((path) => `- ${plainText(path)}`));
  if (skippedExecRefs > 0)
    output.print(`${skippedExecRefs} refs to commands were not checked; --allow-exec runs them.`);
  output.note(...warnings.map(({ message }) => `Warning: ${plainText(message)}`));
}
