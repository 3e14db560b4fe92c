/**
 * The gateway's accounts in chat networks, as one sidecar (operations.md §2 step 11, §3 step 7): supervisors, the check of
 * their health, what is told of them, and those who move messages between them and agents.
 */
import type { Logger } from '../../shared/log/logger.js';
import type { Environment } from '../../shared/paths.js';
import type { Redactor } from '../../shared/log/redact.js';
import { toError } from '../../shared/to-error.js';
import type { ChannelMetrics, MeasuredAccount } from '../metrics/channel-metrics.js';
import type { CurrentSnapshot } from '../snapshot/snapshot.js';
import type { Accounts } from './accounts.js';
import { createAccountSet } from './accounts/account-set.js';
import { createHealthCheck } from './accounts/health-check.js';
import { createProbes } from './accounts/probes.js';
import { within } from './accounts/within.js';
import { createChannelCommands, type ChannelCommands } from './channel-commands.js';
import { createChannelStatus, type ChannelStatus } from './channel-status.js';
import { accountLimits, READY_GRACE_MS } from './limits.js';
import type { Messages } from './messages-port.js';
import { channelRegistry, type ChannelRow } from './registry.js';

export interface OpenChannelsOptions {
  /** Networks; those that there are unless a test has others. */
  readonly registry?: readonly ChannelRow[];
  readonly current: CurrentSnapshot;
  messages(accounts: Accounts): Messages;
  /** `PLLAN_SKIP_CHANNELS=1`: accounts wait for whoever operates the gateway to start them … */
  readonly env: Environment;
  /** … and where the gateway has come up after crashes, for the reason that this says. */
  readonly safeMode?: string;
  /** Rows show something else: the health snapshot is to be made anew. */
  changed(): void;
  readonly redactor: Pick<Redactor, 'text'>;
  readonly metrics: ChannelMetrics;
  readonly log: Logger;
}

export interface Channels extends ChannelStatus, ChannelCommands {
  readonly accounts: Accounts;
  readonly messages: Messages;
  /** Starts what is enabled; resolves when all has been set going, connected or not. Never rejects. */
  start(): Promise<void>;
  /** Another config or other secrets are in use. */
  configChanged(): void;
  /** Ids of channels with an account that should be connected and has not been for long (http.md §2). */
  failing(): readonly string[];
  measured(): readonly MeasuredAccount[];
  /** The machine has slept: accounts connect anew. */
  woke(): void;
  /** Nothing is restarted any more on its own. */
  stopChecking(): void;
  stop(): Promise<void>;
}

export function openChannels(options: OpenChannelsOptions): Channels {
  const { current, registry = channelRegistry, env, metrics, redactor, changed, log } = options;
  const skipped = env.PLLAN_SKIP_CHANNELS === '1' ? 'PLLAN_SKIP_CHANNELS=1' : options.safeMode;
  const startsThem = skipped === undefined;
  const now = Date.now;
  let state: 'waiting' | 'started' | 'stopped' = 'waiting';
  const set = createAccountSet({
    registry,
    channels: () => current().config.channels,
    services: (channel, accountId) => ({
      inbound: (from, message) => messages.inbound(from, message),
      connected: (account) => messages.connected(account),
      changed,
      reconnects: () => metrics.reconnects(channel, accountId),
      overdue: (what) => metrics.overdue(channel, what),
      memory: messages.memory(channel, accountId),
      shown: (text) => redactor.text(text, accountLimits.errorChars),
      log,
      now,
      random: Math.random,
    }),
    log,
  });
  const messages = options.messages(set.accounts);
  const probes = createProbes(
    () => set.all,
    ({ account }, ok, ms) => metrics.probed(account.channel, ok ? 'ok' : 'error', ms),
  );
  const check = createHealthCheck({
    accounts: () => set.all,
    minutes: current().config.gateway.channelHealthCheckMinutes,
    log,
    now,
  });
  const apply = async (): Promise<void> => {
    try {
      await set.apply(startsThem);
      changed();
    } catch (caught) {
      log.error('channel.config', toError(caught).message);
    }
  };
  return {
    ...createChannelStatus({
      set,
      probes,
      refs: () => current().refs,
      deliveries: (account) => messages.deliveryCounts(account),
      now,
    }),
    ...createChannelCommands(set),
    accounts: set.accounts,
    messages,
    async start() {
      try {
        await messages.recover();
      } catch (caught) {
        log.error('channel.recover', toError(caught).message);
      }
      await apply();
      if (state === 'stopped') return;
      state = 'started';
      if (startsThem) check.start();
      else if (set.all.length > 0) log.warn('channel.not-started', `channels are not started: ${skipped}`);
    },
    configChanged() {
      if (state === 'started') void apply();
    },
    failing() {
      if (!startsThem) return [];
      const isFailing = ({ withoutSince }: { readonly withoutSince: number | null }): boolean =>
        withoutSince !== null && now() - withoutSince > READY_GRACE_MS;
      return [
        ...new Set(
          set.all
            .filter(({ startable, facts }) => startable && isFailing(facts))
            .map(({ account }) => account.channel),
        ),
      ];
    },
    measured: () =>
      set.all
        .filter(({ startable }) => startable)
        .map(({ account: { channel, accountId }, running: { connected } }) => ({
          channel,
          account: accountId,
          connected,
        })),
    woke() {
      if (state !== 'started') return;
      check.woke();
      changed();
    },
    stopChecking() {
      state = 'stopped';
      check.stop();
    },
    async stop() {
      state = 'stopped';
      check.stop();
      try {
        // What is ready to go out goes, as long as there is a connection.
        await within(accountLimits.messagesStopMs, () => messages.stop());
      } catch (caught) {
        log.error('channel.stop', toError(caught).message);
      }
      await set.stop();
    },
  };
}
