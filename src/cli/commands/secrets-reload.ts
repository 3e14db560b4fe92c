/** `pllan secrets reload`: the running gateway resolves its secrets anew (secrets.md §10). */
import { callGateway } from '../client/call.js';
import type { CommandHandler } from '../command.js';
import { clientLimits } from '../limits.js';
import { readTimeoutMs } from '../option-values.js';
import { plainText } from '../output/plain-text.js';
import { recordOf, textOf } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

export const secretsReload: CommandHandler = async (options, context) => {
  const timeout = options.text('timeout');
  const timeoutMs = timeout === undefined ? clientLimits.secretsTimeoutMs : readTimeoutMs(timeout);
  const access = await gatewayAccess(options, context, timeoutMs);
  const answer = await callGateway(access, { method: 'secrets.reload', params: {} }).catch(withReason);
  const { warningCount } = recordOf(answer);
  const warnings = typeof warningCount === 'number' ? warningCount : 0;
  if (options.flag('json')) context.output.document(answer);
  else
    context.output.print(
      warnings === 0 ? 'Secrets reloaded.' : `Secrets reloaded with ${warnings} warning(s).`,
    );
  return 0;
};

/** What the gateway says of the cause stands beside its error. */
function withReason(caught: unknown): never {
  const reason = caught instanceof UserError ? textOf(recordOf(caught.facts.details).reason) : undefined;
  if (!(caught instanceof UserError) || reason === undefined) throw caught;
  throw new UserError(caught.message, [plainText(reason), ...caught.details], caught.facts);
}
