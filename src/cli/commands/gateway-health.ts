/** `pllan gateway health`: whether it is well, in two lines (cli.md §4). */
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { healthLines } from '../health/human.js';
import { gatewayAccess } from './client-flags.js';
import { recordOf } from '../record.js';

export const gatewayHealth: CommandHandler = async (options, context) => {
  const access = await gatewayAccess(options, context);
  const startedAt = performance.now();
  const snapshot = await callGateway(access, { method: 'health', params: {} });
  const ms = Math.round(performance.now() - startedAt);
  const { style } = context.output;
  const state = recordOf(snapshot).ok === false ? style.bad('Not OK') : style.good('OK');
  if (options.flag('json')) context.output.document(snapshot);
  else
    context.output.print(style.bold('Gateway Health'), `${state} (${ms}ms)`, ...healthLines(snapshot, style));
  return 0;
};
