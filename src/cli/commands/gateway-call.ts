/** `pllan gateway call <method>`: any method of the gateway, its answer as JSON (cli.md §4). */
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { readParams } from '../option-values.js';
import { gatewayAccess } from './client-flags.js';

export const gatewayCall: CommandHandler = async (options, context) => {
  const method = options.requiredArg('method');
  const params = readParams(options.text('params'));
  const payload = await callGateway(await gatewayAccess(options, context), { method, params });
  if (!options.flag('json')) context.output.print(`Gateway call: ${method}`);
  context.output.document(payload ?? null);
  return 0;
};
