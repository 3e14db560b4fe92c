/** `pllan gateway usage-cost`: tokens and cost of the last days (cli.md §4). */
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { plainText } from '../output/plain-text.js';
import { numberOf, recordOf, recordsOf, textOf, type Facts } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

const DEFAULT_DAYS = 30;

export const gatewayUsageCost: CommandHandler = async (options, context) => {
  const days = readDays(options.text('days'));
  const access = await gatewayAccess(options, context);
  const report = recordOf(await callGateway(access, { method: 'usage.cost', params: { days } }));
  if (options.flag('json')) context.output.document(report);
  else
    context.output.print(
      context.output.style.bold(`Usage of the last ${days} day${days === 1 ? '' : 's'}`),
      ...recordsOf(report.daily).map((day) => sumLine(plainText(textOf(day.date) ?? '?'), day)),
      sumLine('Total', recordOf(report.totals)),
    );
  return 0;
};

function sumLine(name: string, sum: Facts): string {
  const tokens = numberOf(sum.totalTokens) ?? 0;
  const cost = (numberOf(sum.totalCost) ?? 0).toFixed(4);
  const unpriced = numberOf(sum.missingCostEntries) ?? 0;
  const without = unpriced === 0 ? '' : ` (${unpriced} without a price)`;
  return `${name}: ${tokens} tokens, $${cost}${without}`;
}

function readDays(text: string | undefined): number {
  if (text === undefined) return DEFAULT_DAYS;
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1) throw new UserError('Invalid --days (use a number of days)');
  return days;
}
