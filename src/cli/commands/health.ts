/** `pllan health`: the gateway's own snapshot, or why there is none (cli.md §7). */
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { healthLines } from '../health/human.js';
import { gatewayAccess } from './client-flags.js';

export const health: CommandHandler = async (options, context) => {
  const params = options.flag('verbose') ? { probe: true } : {};
  const snapshot = await callGateway(await gatewayAccess(options, context), { method: 'health', params });
  if (options.flag('json')) context.output.document(snapshot);
  else context.output.print(...healthLines(snapshot, context.output.style));
  return 0;
};
