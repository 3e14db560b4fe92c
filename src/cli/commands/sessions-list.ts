/** `pllan sessions` and `pllan sessions list`: what the running gateway remembers, or a store has (cli.md §14). */
import { sessionLimits } from '../../shared/session-limits.js';
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { sessionLines } from '../sessions/human.js';
import { storedList } from '../sessions/stored-list.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

export const sessionsList: CommandHandler = async (options, context) => {
  const { output } = context;
  const agentId = options.text('agent');
  if (agentId !== undefined && options.flag('all-agents'))
    throw new UserError('Use either --agent or --all-agents');
  const activeMinutes = readCount(options.text('active'), '--active (use a number of minutes)');
  const limit = readCount(options.text('limit'), '--limit (use a number of sessions)');
  const params = {
    ...(agentId === undefined ? {} : { agentId }),
    ...(activeMinutes === undefined ? {} : { activeMinutes }),
    ...(limit === undefined ? {} : { limit }),
  };
  const store = options.text('store');
  const list =
    store === undefined
      ? await callGateway(await gatewayAccess(options, context), { method: 'sessions.list', params })
      : await storedList(context, store, {
          agentId,
          activeMinutes,
          limit: limit ?? sessionLimits.listDefault,
        });
  if (options.flag('json')) output.document(list);
  else output.print(...sessionLines(list, output.style, Date.now()));
  return 0;
};

/** @throws UserError */
function readCount(value: string | undefined, what: string): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UserError(`Invalid ${what}`);
}
