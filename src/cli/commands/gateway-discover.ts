/** `pllan gateway discover`: gateways that announce themselves in the local network; none does yet (cli.md §4). */
import type { CommandHandler } from '../command.js';
import { discoveryLimits } from '../limits.js';
import { readTimeoutMs } from '../option-values.js';

export const gatewayDiscover: CommandHandler = async (options, { output }) => {
  const timeout = options.text('timeout');
  const timeoutMs = timeout === undefined ? discoveryLimits.timeoutMs : readTimeoutMs(timeout);
  if (options.flag('json')) output.document({ timeoutMs, count: 0, beacons: [] });
  else
    output.print(
      'Gateways found: 0',
      output.advice(
        'Gateways do not announce themselves in the network yet: name one with --url, or see `pllan gateway probe`.',
      ),
    );
  return 0;
};
