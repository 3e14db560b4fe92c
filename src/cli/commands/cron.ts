/** `pllan cron …`: jobs of the running gateway (cli.md §14, methods.md §9). */
import { callGateway } from '../client/call.js';
import type { CommandHandler, ParsedOptions } from '../command.js';
import { jobLines, jobName, runLines, statusLines } from '../cron/human.js';
import { namedFields, newJobFields } from '../cron/job-options.js';
import type { Style } from '../output/style.js';
import { recordOf, textOf } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

interface CronCall {
  readonly method: string;
  /** @throws UserError */
  params(options: ParsedOptions, now: number): object;
  lines(answer: unknown, style: Style, now: number, options: ParsedOptions): readonly string[];
}

/** One call; its answer in the form that was asked for. */
function command({ method, params, lines }: CronCall): CommandHandler {
  return async (options, context) => {
    const now = Date.now();
    const asked = params(options, now);
    const answer = await callGateway(await gatewayAccess(options, context), { method, params: asked });
    if (options.flag('json')) context.output.document(answer ?? null);
    else context.output.print(...lines(answer, context.output.style, now, options));
    return 0;
  };
}

const idOf = (options: ParsedOptions): object => ({ id: options.requiredArg('id') });

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
  lines: (answer) => [`Added ${jobName(answer)}.`],
});

export const cronEdit = command({
  method: 'cron.update',
  params(options, now) {
    const patch = namedFields(options, now);
    if (Object.keys(patch).length === 0)
      throw new UserError('Nothing to change: name what is to be another.');
    return { ...idOf(options), patch };
  },
  lines: (answer) => [`Changed ${jobName(answer)}.`],
});

export const cronRemove = command({
  method: 'cron.remove',
  params: idOf,
  lines: () => ['Deleted.'],
});

export const cronRun = command({
  method: 'cron.run',
  params: (options) => ({ ...idOf(options), ...(options.flag('due') ? { mode: 'due' } : {}) }),
  lines(answer) {
    const { enqueued, runId, reason } = recordOf(answer);
    return [
      enqueued === true ? `Started: run ${textOf(runId) ?? '?'}.` : `Not started: ${textOf(reason) ?? '?'}.`,
    ];
  },
});

export const cronRuns = command({
  method: 'cron.runs',
  params(options) {
    const id = options.arg('id') ?? options.text('id');
    return {
      ...(id === undefined ? { scope: 'all' } : { id }),
      ...textParam(options, 'status', 'status'),
      ...limitParam(options),
    };
  },
  lines: runLines,
});

/** Whether it is to run. */
const switched = (enabled: boolean, word: string): CommandHandler =>
  command({
    method: 'cron.update',
    params: (options) => ({ ...idOf(options), patch: { enabled } }),
    lines: (answer) => [`${word} ${jobName(answer)}.`],
  });

export const cronEnable = switched(true, 'Enabled');
export const cronDisable = switched(false, 'Disabled');

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
