/** One Telegram account without a gateway around it, against the Bot API server for tests. */
import type { TestContext } from 'vitest';
import type { ChannelAccount, OutboundPart } from '../../../../../src/primary/channels/channel.js';
import { channel } from '../../../../../src/primary/channels/telegram/telegram.js';
import type { TelegramConfig } from '../../../../../src/shared/channels/telegram/config.js';
import { toError } from '../../../../../src/shared/to-error.js';
import { startFakeBotApi, type FakeBotApi } from '../../../../support/fake-bot-api/fake-bot-api.js';
import { waitFor } from '../../../../support/wait-for.js';
import { part, routeTo, testHost, type TestHost } from '../../support/host.js';

type Finishes = Pick<TestContext, 'onTestFinished'>;

export interface TestAccount {
  readonly account: ChannelAccount;
  readonly host: TestHost;
  /** Starts `run`, and ends it with the test at the latest. */
  run(): Running;
}

export interface Running {
  /** The error that it ended with, or undefined. */
  readonly ended: Promise<Error | undefined>;
  stop(): Promise<Error | undefined>;
}

export async function botApiFor(test: Finishes): Promise<FakeBotApi> {
  const fake = await startFakeBotApi();
  test.onTestFinished(() => fake.stop());
  return fake;
}

export function openAccount(
  test: Finishes,
  fake: FakeBotApi,
  config: Partial<TelegramConfig> = {},
  host: TestHost = testHost(),
): TestAccount {
  const account = channel.open({ botToken: fake.token, apiRoot: fake.apiRoot, ...config }, host);
  return {
    account,
    host,
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
  test: Finishes,
  fake: FakeBotApi,
  config: Partial<TelegramConfig> = {},
): Promise<TestAccount & { readonly running: Running }> {
  const opened = openAccount(test, fake, config);
  const running = opened.run();
  await waitFor('connected', () => opened.host.connections.length > 0);
  return { ...opened, running };
}

export const never = new AbortController().signal;

export function partTo(
  id: string,
  text: string,
  { threadId, ...over }: Partial<OutboundPart> & { readonly threadId?: string } = {},
): OutboundPart {
  const route = routeTo(id, id.startsWith('-') ? 'group' : 'direct');
  return part(text, id, { route: { ...route, ...(threadId !== undefined && { threadId }) }, ...over });
}
