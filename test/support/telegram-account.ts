/** One Telegram account without a gateway around it, against the Bot API server for tests. */
import type { TestContext } from 'vitest';
import type {
  AccountHost,
  AccountMemory,
  ChannelAccount,
  InboundMessage,
  OutboundPart,
  Route,
} from '../../src/primary/channels/channel.js';
import { channel } from '../../src/primary/channels/telegram/telegram.js';
import type { TelegramConfig } from '../../src/shared/channels/telegram/config.js';
import { createLogger } from '../../src/shared/log/logger.js';
import { toError } from '../../src/shared/to-error.js';
import { startFakeBotApi, type FakeBotApi } from './fake-bot-api/fake-bot-api.js';
import { waitFor } from './wait-for.js';

export interface TestAccount {
  readonly account: ChannelAccount;
  /** What the gateway has taken. */
  readonly taken: readonly InboundMessage[];
  /** What `host.connected` was told. */
  readonly about: readonly unknown[];
  readonly log: readonly string[];
  readonly memory: Map<string, string>;
  /** Starts `run`, and ends it with the test at the latest. */
  run(): Running;
  /** Called before a message is taken. */
  takes(take: (message: InboundMessage) => Promise<void> | void): void;
}

export interface Running {
  /** The error that it ended with, or undefined. */
  readonly ended: Promise<Error | undefined>;
  stop(): Promise<Error | undefined>;
}

export async function botApiFor(test: Pick<TestContext, 'onTestFinished'>): Promise<FakeBotApi> {
  const fake = await startFakeBotApi();
  test.onTestFinished(() => fake.stop());
  return fake;
}

export function openAccount(
  test: Pick<TestContext, 'onTestFinished'>,
  fake: FakeBotApi,
  config: Partial<TelegramConfig> = {},
  memory = new Map<string, string>(),
): TestAccount {
  const taken: InboundMessage[] = [];
  const about: unknown[] = [];
  const log: string[] = [];
  let take: (message: InboundMessage) => Promise<void> | void = () => undefined;
  const stored: AccountMemory = {
    get: (name) => Promise.resolve(memory.get(name)),
    set: (name, value) => Promise.resolve(void memory.set(name, value)),
  };
  const host: AccountHost = {
    accountId: 'default',
    log: createLogger({ sink: { write: (line) => log.push(line) }, level: 'trace', subsystem: 'telegram' }),
    groups: () => [],
    connected: (told) => void about.push(told),
    alive: () => undefined,
    memory: stored,
    async inbound(message) {
      await take(message);
      taken.push(message);
    },
  };
  const account = channel.open({ botToken: fake.token, apiRoot: fake.apiRoot, ...config }, host);
  return {
    account,
    taken,
    about,
    log,
    memory,
    takes: (next) => void (take = next),
    run() {
      const stopped = new AbortController();
      const ended = account.run(stopped.signal).then(() => undefined, toError);
      const stop = (): Promise<Error | undefined> => {
        stopped.abort();
        return ended;
      };
      test.onTestFinished(async () => void (await stop()));
      return { ended, stop };
    },
  };
}

/** Running, and connected. */
export async function runAccount(
  test: Pick<TestContext, 'onTestFinished'>,
  fake: FakeBotApi,
  config: Partial<TelegramConfig> = {},
): Promise<TestAccount & { readonly running: Running }> {
  const opened = openAccount(test, fake, config);
  const running = opened.run();
  await waitFor('connected', () => opened.about.length > 0);
  return { ...opened, running };
}

export const never = new AbortController().signal;

export function partTo(id: string, text: string, over: Partial<OutboundPart & Route> = {}): OutboundPart {
  const { threadId, ...part } = over;
  const kind = id.startsWith('-') ? 'group' : 'direct';
  const route: Route = {
    channel: 'telegram',
    accountId: 'default',
    kind,
    id,
    ...(threadId !== undefined && { threadId }),
  };
  return { id: 'part-1', route, text, ...part };
}
