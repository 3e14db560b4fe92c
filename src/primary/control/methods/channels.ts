/** `channels.status`, `channels.start`, `channels.stop`, `channels.logout` (methods.md §8). */
import { toError } from '../../../shared/to-error.js';
import type { CommandOutcome } from '../../channels/channel-commands.js';
import { probeLimits } from '../../channels/limits.js';
import type { Channels } from '../../channels/open-channels.js';
import { invalidRequest, method, RpcError, type Method } from './method.js';
import type { ParamsOf } from './params.js';

export interface ChannelServices {
  readonly channels: Pick<
    Channels,
    'status' | 'startAccount' | 'stopAccount' | 'logoutAccount' | 'probeForHealth'
  >;
}

type Verb = 'start' | 'stop' | 'logout';

export function channelMethods({ channels }: ChannelServices): readonly Method[] {
  return [
    method({
      name: 'channels.status',
      scope: 'operator.read',
      summary:
        "The gateway's accounts in chat networks, and how they are; with `probe` the networks are asked.",
      answers:
        '`{ts, channelOrder, channelLabels, channelDetailLabels, channelMeta, channels, channelAccounts, channelDefaultAccountId}`; `deliveries` of an account are counts of what waits, and of what failed or may have failed. `partial` and `warnings` where something could not be told. A network that does not answer in time has `probe: {ok: false, error: "timeout"}`.',
      async answer({ probe, timeoutMs = probeLimits.defaultMs, channel }) {
        const probeMs = Math.min(probeLimits.mostMs, Math.max(probeLimits.leastMs, timeoutMs));
        const status = await channels.status({ probeMs: probe === true ? probeMs : undefined, channel });
        if (!status) throw invalidRequest(`unknown channel: ${channel}`);
        return JSON.stringify(status);
      },
    }),
    method({
      name: 'channels.start',
      scope: 'operator.admin',
      summary: 'Has an account connect that was stopped, or has given up.',
      answers: '`{channel, accountId, started: true}`; it connects afterwards.',
      answer: async (params) =>
        answered(params, 'start', await asked(params, 'start', channels.startAccount), { started: true }),
    }),
    method({
      name: 'channels.stop',
      scope: 'operator.admin',
      summary: 'Disconnects an account until it is started, its config changes, or the gateway starts anew.',
      answers: '`{channel, accountId, stopped: true}`',
      answer: async (params) =>
        answered(params, 'stop', await asked(params, 'stop', channels.stopAccount), { stopped: true }),
    }),
    method({
      name: 'channels.logout',
      scope: 'operator.admin',
      summary: 'Stops an account and has its network forget the sign-in, where the network knows one.',
      answers: '`{channel, accountId, cleared: true, loggedOut: true}`',
      answer: async (params) =>
        answered(params, 'logout', await asked(params, 'logout', channels.logoutAccount), {
          cleared: true,
          loggedOut: true,
        }),
    }),
  ];
}

type AccountParams = ParamsOf<'channels.start'>;

/** @throws RpcError where no channel is named, or what is done fails */
async function asked(
  { channel = '', accountId }: AccountParams,
  verb: Verb,
  act: (channel: string, accountId: string | undefined) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  try {
    return await act(channel, accountId);
  } catch (caught) {
    const message = `channels.${verb} failed`;
    throw new RpcError({ code: 'UNAVAILABLE', message, details: { reason: toError(caught).message } });
  }
}

/** @throws RpcError */
function answered({ channel }: AccountParams, verb: Verb, outcome: CommandOutcome, more: object): string {
  switch (outcome.outcome) {
    case 'done':
      return JSON.stringify({ channel, accountId: outcome.accountId, ...more });
    case 'unknown-channel':
      throw invalidRequest(`invalid channels.${verb} channel`);
    case 'refused':
      throw invalidRequest(outcome.why);
  }
}
