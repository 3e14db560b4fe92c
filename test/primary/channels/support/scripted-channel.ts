/** A network whose code does what a test says, and the services of a supervisor, written down. */
import { vi } from 'vitest';
import type { ConfiguredAccount } from '../../../../src/shared/config/channel-accounts.js';
import { createLogger } from '../../../../src/shared/log/logger.js';
import type { AccountPolicy } from '../../../../src/primary/channels/accounts.js';
import type { AccountHost, Channel, ChannelAccount } from '../../../../src/primary/channels/channel.js';
import type { SupervisorServices } from '../../../../src/primary/channels/accounts/supervisor.js';

/** What one `run` does. */
export type Run = (host: AccountHost, signal: AbortSignal) => Promise<void>;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Connects and stays. */
export const stays: Run = async (host, signal) => {
  host.connected({ bot: '@scripted' });
  await aborted(signal);
};
/** Never connects, but stops. */
export const waits: Run = (_host, signal) => aborted(signal);
/** Never connects, never stops. */
export const hangs: Run = () => new Promise(() => {});
/** Connects and cannot be stopped. */
export const clings: Run = (host) => {
  host.connected();
  return new Promise(() => {});
};
export function fails(error: Error): Run {
  return async () => {
    throw error;
  };
}

export interface Scripted {
  readonly channel: Channel;
  /** Each that was opened, with what it was opened with. */
  readonly opened: { readonly config: unknown; readonly host: AccountHost }[];
  /** Runs that have begun. */
  readonly runs: { readonly host: AccountHost; readonly signal: AbortSignal }[];
}

/** @param script what the runs do, one after the other; the last again and again */
export function scripted(script: readonly Run[], more: Partial<ChannelAccount> = {}): Scripted {
  const opened: Scripted['opened'] = [];
  const runs: Scripted['runs'] = [];
  const channel: Channel = {
    id: 'irc',
    label: 'IRC',
    detailLabel: 'IRC',
    capabilities: {
      typing: true,
      edits: true,
      media: true,
      threads: true,
      groups: true,
      logout: more.logout !== undefined,
    },
    open(config, host) {
      opened.push({ config, host });
      return {
        mode: 'scripted',
        run(signal) {
          const run = script[Math.min(runs.length, script.length - 1)] as Run;
          runs.push({ host, signal });
          return run(host, signal);
        },
        send: () => Promise.resolve({ messageId: 'm' }),
        split: (text) => [text],
        probe: () => Promise.resolve({}),
        ...more,
      };
    },
  };
  return { channel, opened, runs };
}

export const policy: AccountPolicy = {
  dmPolicy: 'pairing',
  allowFrom: [],
  groupPolicy: 'allowlist',
  groups: new Map([
    ['#a', { enabled: true, requireMention: true, allowFrom: undefined }],
    ['#off', { enabled: false, requireMention: true, allowFrom: undefined }],
    ['*', { enabled: true, requireMention: true, allowFrom: undefined }],
  ]),
};

export const account = (more: Partial<ConfiguredAccount> = {}): ConfiguredAccount => ({
  channel: 'irc',
  accountId: 'default',
  enabled: true,
  common: {},
  own: { host: 'h' },
  ...more,
});

export function services() {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push((JSON.parse(line) as { event: string }).event) };
  return {
    lines,
    inbound: vi.fn(() => Promise.resolve()),
    connected: vi.fn(),
    changed: vi.fn(),
    reconnects: vi.fn(),
    overdue: vi.fn(),
    memory: { get: () => Promise.resolve(undefined), set: () => Promise.resolve() },
    shown: (text: string) => text.replaceAll('hunter2', '***'),
    log: createLogger({ sink, level: 'info', subsystem: 'test' }),
    now: () => Date.now(),
    random: () => 0.5,
  } satisfies SupervisorServices & { readonly lines: readonly string[] };
}
