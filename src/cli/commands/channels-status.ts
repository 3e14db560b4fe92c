/** `pllan channels status`, `login` and `logout`: accounts of the running gateway (cli.md §9). */
import { callGateway } from '../client/call.js';
import { readChannels, requireChannel } from '../channels/configured.js';
import { configuredLines, statusLines } from '../channels/human.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { clientLimits } from '../limits.js';
import { readTimeoutMs } from '../option-values.js';
import { recordOf, textOf } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

export const channelsStatus: CommandHandler = async (options, context) => {
  const { output } = context;
  const timeoutMs = readTimeoutMs(options.text('timeout'));
  const probe = options.flag('probe');
  const channel = namedChannel(options);
  const params = { probe, timeoutMs, ...(channel === undefined ? {} : { channel }) };
  // The networks have that time; what the gateway needs comes on top.
  const access = await gatewayAccess(options, context, timeoutMs + (probe ? clientLimits.besideProbeMs : 0));
  try {
    const status = await callGateway(access, { method: 'channels.status', params });
    if (options.flag('json')) output.document(status);
    else
      output.print('Gateway reachable.', ...statusLines(status, output.style, Date.now()).map(output.advice));
  } catch (caught) {
    // A gateway that refuses the question is there.
    if (!(caught instanceof UserError) || caught.facts.code === 'INVALID_REQUEST') throw caught;
    sayConfigured(caught, channel, options, context);
  }
  return 0;
};

function namedChannel(options: ParsedOptions): string | undefined {
  return options.text('channel')?.trim().toLowerCase();
}

/** @throws UserError for a channel that the config does not have, as the gateway refuses it */
function sayConfigured(
  { message, details }: UserError,
  channel: string | undefined,
  options: ParsedOptions,
  context: CommandContext,
): void {
  const { output } = context;
  const accounts = readChannels(context).accounts.filter((one) => (channel ?? one.channel) === one.channel);
  if (channel !== undefined && accounts.length === 0) throw new UserError(`unknown channel: ${channel}`);
  if (options.flag('json')) {
    const configuredChannels = [...new Set(accounts.map(({ channel }) => channel))];
    output.document({ gatewayReachable: false, error: message, configOnly: true, configuredChannels });
    return;
  }
  output.print(`Gateway not reachable: ${message}`, ...configuredLines(accounts));
  output.note(...details);
}

export const channelsLogin: CommandHandler = async (options) => {
  const channel = requireChannel(options.text('channel'));
  throw new UserError(`channel ${channel} does not support login`, [
    `It signs in with what the config says: pllan channels add --channel ${channel} --token <token>`,
  ]);
};

export const channelsLogout: CommandHandler = async (options, context) => {
  const { output } = context;
  const channel = namedChannel(options);
  if (!channel) throw new UserError('--channel is required');
  const accountId = options.text('account');
  const params = { channel, ...(accountId === undefined ? {} : { accountId }) };
  const access = await gatewayAccess(options, context);
  const result = await callGateway(access, { method: 'channels.logout', params });
  if (options.flag('json')) output.document(result);
  else output.print(`Logged out of ${channel} ${textOf(recordOf(result).accountId) ?? ''}.`);
  return 0;
};
