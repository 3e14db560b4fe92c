/** `pllan doctor`: looks at the installation, says what is wrong, and mends what it may (cli.md §12). */
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { checks } from '../doctor/checks.js';
import { writeToken } from '../doctor/checks/gateway-auth.js';
import { diagnosisLines, summaryLine } from '../doctor/human.js';
import { lookAt } from '../doctor/site.js';
import { runDoctor, type Diagnosis, type MayRepair } from '../doctor/run-doctor.js';
import { readTimeoutMs } from '../option-values.js';
import { createPrompts, type Prompts } from '../prompts.js';

export const doctor: CommandHandler = async (options, context) => {
  const { output } = context;
  const json = options.flag('json');
  const look = { deep: options.flag('deep'), timeoutMs: readTimeoutMs(options.text('timeout')) };
  if (options.flag('generate-gateway-token')) await giveToken(context, look);
  const prompts = promptsFor(options, context);
  const shown: Diagnosis[] = [];
  try {
    const diagnoses = await runDoctor(context, {
      ...look,
      checks: options.flag('no-workspace-suggestions')
        ? checks.filter(({ section }) => section !== 'Workspace')
        : checks,
      mayRepair: permission(options, prompts),
      onDiagnosis: (diagnosis) => shown.push(diagnosis),
    });
    const failed = diagnoses.some(({ repair }) => repair === 'failed');
    const errors = diagnoses.some(({ level, repair }) => level === 'error' && repair !== 'done');
    if (json) output.document({ ok: !failed && !errors, findings: diagnoses });
    else
      output.print(
        ...diagnosisLines(diagnoses, output),
        output.advice(summaryLine(diagnoses)),
        'Doctor complete.',
      );
    return failed || (isReport(options) && errors) ? 1 : 0;
  } finally {
    prompts?.close();
  }
};

/** Nothing is to be changed. */
function isReport(options: ParsedOptions): boolean {
  return options.flag('lint') || (options.flag('json') && !wantsFix(options));
}

function wantsFix(options: ParsedOptions): boolean {
  return options.flag('fix') || options.flag('repair');
}

/** Undefined where nobody is asked. */
function promptsFor(options: ParsedOptions, { terminal }: CommandContext): Prompts | undefined {
  if (isReport(options) || options.flag('non-interactive') || options.flag('yes')) return undefined;
  const who = terminal();
  return who && createPrompts(who);
}

function permission(options: ParsedOptions, prompts: Prompts | undefined): MayRepair {
  if (isReport(options)) return () => false;
  const fix = wantsFix(options);
  const force = options.flag('force');
  return (finding, repair) => {
    const granted = {
      safe: fix || options.flag('non-interactive') || options.flag('yes'),
      recommended: fix || options.flag('yes'),
      aggressive: force,
    }[repair.level];
    if (granted || !prompts) return granted;
    prompts.say('', finding.message);
    return prompts.confirm(repair.question);
  };
}

async function giveToken(context: CommandContext, look: { deep: boolean; timeoutMs: number }): Promise<void> {
  context.output.note(await writeToken(await lookAt(context, look)));
}
