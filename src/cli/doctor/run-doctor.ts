/**
 * Goes through the checks, and mends what it may (cli.md §12):
 *
 *   found ──no repair──▶ told
 *     └─ may it? ──no──▶ told, with the question as advice
 *            └──yes──▶ repaired ──the site looks different──▶ looked at anew by the checks that follow
 *                  └──▶ failed (exit 1)
 */
import { toError } from '../../shared/to-error.js';
import type { CommandContext } from '../command.js';
import type { Check, Finding, Repair } from './finding.js';
import { lookAt, type Site, type SiteOptions } from './site.js';

export interface Diagnosis extends Omit<Finding, 'repair'> {
  readonly section: string;
  /** `none`: there is nothing that doctor could do. */
  readonly repair: 'none' | 'offered' | 'done' | 'failed';
  /** What was done, what went wrong, or what would be done. */
  readonly outcome?: string;
}

/** Whether a repair may be made; it may have to be asked for. */
export type MayRepair = (finding: Finding, repair: Repair) => boolean | Promise<boolean>;

export interface DoctorOptions extends SiteOptions {
  readonly checks: readonly Check[];
  readonly mayRepair: MayRepair;
  /** Told of each as it is known. */
  onDiagnosis(diagnosis: Diagnosis): void;
}

export async function runDoctor(context: CommandContext, options: DoctorOptions): Promise<Diagnosis[]> {
  const { checks, onDiagnosis } = options;
  const all: Diagnosis[] = [];
  let site = await lookAt(context, options);
  for (const check of checks) {
    let repaired = false;
    for (const finding of await found(check, site)) {
      const diagnosis = await treat(finding, check.section, options.mayRepair);
      repaired ||= diagnosis.repair === 'done';
      all.push(diagnosis);
      onDiagnosis(diagnosis);
    }
    if (repaired && check.changesSite === true) site = await lookAt(context, options);
  }
  return all;
}

/** A check that fails is a finding of its own: the others are still to be made. */
async function found(check: Check, site: Site): Promise<readonly Finding[]> {
  try {
    return await check.find(site);
  } catch (caught) {
    return [
      { code: 'check-failed', level: 'warn', message: `Could not be looked at: ${toError(caught).message}` },
    ];
  }
}

async function treat(finding: Finding, section: string, mayRepair: MayRepair): Promise<Diagnosis> {
  const { repair, ...rest } = finding;
  if (!repair) return { ...rest, section, repair: 'none' };
  if (!(await mayRepair(finding, repair)))
    return { ...rest, section, repair: 'offered', outcome: repair.question };
  try {
    return { ...rest, section, repair: 'done', outcome: await repair.run() };
  } catch (caught) {
    return { ...rest, section, repair: 'failed', outcome: toError(caught).message };
  }
}
