/** `pllan logs`: the gateway's log, also when it does not run (cli.md §8). */
import { toError } from '../../shared/to-error.js';
import type { CommandHandler } from '../command.js';
import { createLogPrinter } from '../logs/log-printer.js';
import { showLogs } from '../logs/show-logs.js';
import { readLogWishes } from '../logs/tail-options.js';
import { gatewayAccess } from './client-flags.js';

const INTERRUPTED = 130;

export const logs: CommandHandler = async (options, context) => {
  const wishes = readLogWishes(options);
  const access = await gatewayAccess(options, context, wishes.timeoutMs);
  const printer = createLogPrinter(context.output, wishes);
  const interrupt = new AbortController();
  const ignore = context.onInterrupt(() => interrupt.abort());
  const { outputGone } = context;
  try {
    await showLogs(access, wishes, printer, AbortSignal.any([interrupt.signal, outputGone]));
    return 0;
  } catch (caught) {
    if (outputGone.aborted) return 0;
    if (interrupt.signal.aborted) return INTERRUPTED;
    printer.failed(toError(caught));
    return 1;
  } finally {
    ignore();
  }
};
