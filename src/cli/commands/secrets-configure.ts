/** `pllan secrets configure`: asks which credentials are kept where, and makes the plan of it (secrets.md §10). */
import { resolve } from 'node:path';
import { agentIds } from '../../shared/config/agents.js';
import { loadConfig, type LoadedConfig } from '../../shared/config/load.js';
import { describeIssue } from '../../shared/config/read/source.js';
import { expandHome } from '../../shared/paths.js';
import { writePrivateFile } from '../../shared/private-file.js';
import {
  ProfilesUnusable,
  readProfileStores,
  type ProfileStore,
} from '../../shared/secrets/profiles/store.js';
import { toError } from '../../shared/to-error.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { planLimits } from '../limits.js';
import { createPrompts, type Prompts } from '../prompts.js';
import { askFields } from '../secrets/configure/ask-fields.js';
import { askProviders } from '../secrets/configure/ask-providers.js';
import { createDraft } from '../secrets/configure/draft.js';
import { fieldsOf } from '../secrets/configure/fields.js';
import { applyPlan, type ApplyReport } from '../secrets/plan/apply-plan.js';
import type { PlanFile } from '../secrets/plan/plan-schema.js';
import { readPlan } from '../secrets/plan/read-plan.js';
import { UserError } from '../user-error.js';
import { sayReport } from './secrets-apply.js';

export const secretsConfigure: CommandHandler = async (options, context) => {
  if (options.flag('providers-only') && options.flag('skip-provider-setup'))
    throw new UserError('Use either --providers-only or --skip-provider-setup.');
  const terminal = context.terminal();
  if (!terminal) throw new UserError('secrets configure requires an interactive TTY.');
  const prompts = createPrompts(terminal);
  try {
    const document = await askPlan(options, context, prompts);
    if (document) await usePlan(document, options, context, prompts);
    else context.output.note('Nothing was chosen.');
    return 0;
  } finally {
    prompts.close();
  }
};

async function askPlan(
  options: ParsedOptions,
  { env, paths }: CommandContext,
  prompts: Prompts,
): Promise<PlanFile | undefined> {
  const loaded = loadConfig({ path: paths.configPath, env, askLoginShell: () => ({}) });
  if (!loaded.ok)
    throw new UserError(
      `${paths.configPath} is not a valid config`,
      loaded.issues.map((issue) => `- ${describeIssue(issue)}`),
    );
  const agentId = agentOf(loaded, options.text('agent'));
  const draft = createDraft(loaded);
  if (!options.flag('skip-provider-setup')) await askProviders(prompts, draft);
  if (!options.flag('providers-only'))
    await askFields(prompts, draft, fieldsOf(loaded, storeOf(paths.stateDir, agentId)), agentId);
  return draft.plan(new Date());
}

/** @throws UserError for one that the config does not have */
function agentOf({ config: { agents } }: LoadedConfig, asked: string | undefined): string {
  const ids = agentIds(agents.list);
  const chosen = asked?.toLowerCase() ?? agents.list.find((agent) => agent.default)?.id.toLowerCase();
  const id = chosen ?? ids[0] ?? '';
  if (!ids.includes(id)) throw new UserError(`There is no agent ${id}; there are ${ids.join(', ')}.`);
  return id;
}

function storeOf(stateDir: string, agentId: string): ProfileStore | undefined {
  try {
    return readProfileStores(stateDir, [agentId])[0];
  } catch (caught) {
    if (caught instanceof ProfilesUnusable) throw new UserError(caught.message);
    throw caught;
  }
}

/** Checked first, and only then written or carried out. */
async function usePlan(
  document: PlanFile,
  options: ParsedOptions,
  { env, paths, output }: CommandContext,
  prompts: Prompts,
): Promise<void> {
  const plan = readPlan(document);
  const allowExec =
    options.flag('allow-exec') ||
    (plan.usesExec && (await prompts.confirm('The plan has refs to commands. Run them to check it?')));
  const preflight = await applyPlan(plan, { env, paths, allowExec, dryRun: true });
  prompts.say('', 'Files that change:', ...preflight.changedFiles.map((path) => `- ${path}`));
  const planFile = options.text('plan-out');
  if (planFile !== undefined) writePlan(resolve(expandHome(planFile, paths.home)), document);
  const wanted = options.flag('apply')
    ? options.flag('yes') ||
      (await prompts.confirm('Values in plain text are removed, which cannot be undone. Go on?'))
    : planFile === undefined && (await prompts.confirm('Apply this plan now?'));
  let applied: ApplyReport | null = null;
  if (wanted) applied = await applyPlan(plan, { env, paths, allowExec, dryRun: false });
  if (options.flag('json')) {
    output.document({ plan: document, planFile: planFile ?? null, preflight, applied });
    return;
  }
  if (planFile !== undefined) output.print(`Plan written to ${planFile}.`);
  if (applied) sayReport(applied, output);
  else if (planFile === undefined) output.note('Nothing has been changed.');
}

/** @throws UserError */
function writePlan(path: string, document: PlanFile): void {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (Buffer.byteLength(text) > planLimits.fileBytes)
    throw new UserError(`The plan has more than ${planLimits.fileBytes} bytes and is not written`);
  try {
    writePrivateFile(path, text);
  } catch (caught) {
    throw new UserError(`The plan cannot be written: ${toError(caught).message}`);
  }
}
