/** Channels of a gateway with one network, whose code does what a test says. */
import { vi } from 'vitest';
import { openChannels } from '../../../../src/primary/channels/open-channels.js';
import { noMessages } from './no-messages.js';
import type { ChannelAccount } from '../../../../src/primary/channels/channel.js';
import type { ChannelsConfig } from '../../../../src/shared/config/channels-schema.js';
import { scripted, services, stays, type Run } from './scripted-channel.js';

export const passed = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

interface Wishes {
  readonly channels: ChannelsConfig;
  readonly runs?: readonly Run[];
  readonly more?: Partial<ChannelAccount>;
  readonly env?: Record<string, string>;
  readonly checkMinutes?: number;
  readonly refs?: object[];
}

export function opened({
  channels,
  runs = [stays],
  more = {},
  env = {},
  checkMinutes = 5,
  refs = [],
}: Wishes) {
  const network = scripted(runs, more);
  const load = vi.fn(() => Promise.resolve(network.channel));
  const { log, lines } = services();
  let config = channels;
  const metrics = { reconnects: vi.fn(), overdue: vi.fn(), probed: vi.fn() };
  const changed = vi.fn();
  const own = openChannels({
    registry: [{ id: 'irc', detailLabel: 'Internet Relay Chat', load }],
    current: () =>
      ({
        config: { channels: config, gateway: { channelHealthCheckMinutes: checkMinutes } },
        refs,
      }) as never,
    messages: noMessages,
    env,
    changed,
    redactor: { text: (text) => text },
    metrics,
    log,
  });
  return {
    own,
    network,
    load,
    lines,
    metrics,
    changed,
    started: async () => {
      await own.start();
      await passed();
    },
    use: async (next: ChannelsConfig) => {
      config = next;
      own.configChanged();
      await passed();
    },
    hosts: () => network.opened.map(({ config: given }) => (given as { host: string }).host),
  };
}
export const two: ChannelsConfig = {
  irc: { host: 'h', accounts: { a: { name: 'A' }, b: { host: 'hb', nick: 'n' } } },
};

export const status = async (own: ReturnType<typeof opened>['own'], probeMs?: number) =>
  (await own.status({ probeMs, channel: undefined })) as Record<string, never>;
