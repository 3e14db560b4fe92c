/** `pllan cron …`: jobs of the running gateway (cli.md §14, methods.md §9). */
import { withGateway } from '../client/call.js';
import type { CommandHandler, ParsedOptions } from '../command.js';
import { jobLines, jobLabel, runLines, statusLines } from '../cron/human.js';
import { namedFields, newJobFields } from '../cron/job-options.js';
import { askOfJob } from '../cron/named-job.js';
import type { Style } from '../output/style.js';
import { recordOf, textOf } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

interface CronCall {
  readonly method: string;
  /** @throws UserError */
  params(options: ParsedOptions, now: number): object;
  /** The job that it is about: its id, or a name that no other has. */
  job?(options: ParsedOptions): string | undefined;
  lines(answer: unknown, style: Style, now: number, options: ParsedOptions): readonly string[];
}

/** One call; its answer in the form that was asked for. */
function command({ method, params, job, lines }: CronCall): CommandHandler {
  return async (options, context) => {
    const now = Date.now();
    const id = job?.(options);
    const about = id === undefined ? {} : { id };
    const question = { method, params: { ...about, ...params(options, now) } };
    const answer = await withGateway(await gatewayAccess(options, context), (ask) =>
      id === undefined ? ask(question) : askOfJob(ask, question, id),
    );
    if (options.flag('json')) context.output.document(answer ?? null);
    else context.output.print(...lines(answer, context.output.style, now, options));
    return 0;
  };
}

const jobOf = (options: ParsedOptions): string => options.requiredArg('job');

export const cronList = command({
  method: 'cron.list',
  params: (options) => ({
    ...(options.flag('all') ? { includeDisabled: true } : {}),
    ...textParam(options, 'agent', 'agentId'),
    ...limitParam(options),
  }),
  lines: (answer, style, now, options) => jobLines(answer, style, now, options.flag('all')),
});

export const cronStatus = command({
  method: 'cron.status',
  params: () => ({}),
  lines: (answer, _style, now) => statusLines(answer, now),
});

export const cronAdd = command({
  method: 'cron.add',
  params: newJobFields,
  lines: (answer) => [`Added ${jobLabel(answer)}.`],
});

export const cronEdit = command({
  method: 'cron.update',
  job: jobOf,
  params(options, now) {
    const patch = namedFields(options, now);
    if (Object.keys(patch).length === 0)
      throw new UserError('Nothing to change: name what is to be another.');
    return { patch };
  },
  lines: (answer) => [`Changed ${jobLabel(answer)}.`],
});

export const cronRemove = command({
  method: 'cron.remove',
  job: jobOf,
  params: () => ({}),
  lines: () => ['Deleted.'],
});

export const cronRun = command({
  method: 'cron.run',
  job: jobOf,
  params: (options) => (options.flag('due') ? { mode: 'due' } : {}),
  lines(answer) {
    const { enqueued, runId, reason } = recordOf(answer);
    return [
      enqueued === true ? `Started: run ${textOf(runId) ?? '?'}.` : `Not started: ${textOf(reason) ?? '?'}.`,
    ];
  },
});

export const cronRuns = command({
  method: 'cron.runs',
  job: namedJob,
  params: (options) => ({
    ...(namedJob(options) === undefined ? { scope: 'all' } : {}),
    ...textParam(options, 'status', 'status'),
    ...limitParam(options),
  }),
  lines: runLines,
});

/** Whether it is to run. */
const switched = (enabled: boolean, word: string): CommandHandler =>
  command({
    method: 'cron.update',
    job: jobOf,
    params: () => ({ patch: { enabled } }),
    lines: (answer) => [`${word} ${jobLabel(answer)}.`],
  });

export const cronEnable = switched(true, 'Enabled');
export const cronDisable = switched(false, 'Disabled');

function namedJob(options: ParsedOptions): string | undefined {
  return options.arg('job') ?? options.text('id');
}

function textParam(options: ParsedOptions, option: string, param: string): object {
  const value = options.text(option);
  return value === undefined ? {} : { [param]: value };
}

/** @throws UserError */
function limitParam(options: ParsedOptions): object {
  const limit = options.text('limit');
  if (limit === undefined) return {};
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > 200)
    throw new UserError('Invalid --limit (use a number from 1 to 200)');
  return { limit: Number(limit) };
}
