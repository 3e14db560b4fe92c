/** Accounts of Telegram in a real gateway: what their rows say, and what they cannot do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../../support/control-client.js';
import { startFakeBotApi, type FakeBotApi } from '../../../support/fake-bot-api/fake-bot-api.js';
import { startGateway, type TestGateway } from '../../../support/gateway.js';
import { answer, refusal } from '../../../support/session-calls.js';
import { waitFor } from '../../../support/wait-for.js';

const wrongToken = '123456:AA-token-that-was-revoked-000000000';
const webhookSecret = 'shown-with-each-request-000000';

interface AccountRow {
  readonly accountId: string;
  readonly connected?: boolean;
  readonly running?: boolean;
  readonly lastError?: string | null;
  readonly mode?: string;
  readonly probe?: { readonly ok: boolean; readonly error?: string };
}

describe('accounts of telegram', () => {
  let polled: FakeBotApi;
  let pushing: FakeBotApi;
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    [polled, pushing] = await Promise.all([
      startFakeBotApi(),
      startFakeBotApi({ token: '777:AA-pushing-bot-0000000000' }),
    ]);
    const accounts = {
      polled: { botToken: polled.token, apiRoot: polled.apiRoot },
      refused: { botToken: wrongToken, apiRoot: polled.apiRoot },
      pushing: {
        botToken: pushing.token,
        apiRoot: pushing.apiRoot,
        webhookUrl: 'http://127.0.0.1:1/',
        webhookSecret,
      },
    };
    gateway = await startGateway({
      config: { channels: { telegram: { accounts, dmPolicy: 'open', allowFrom: ['*'] } } },
    });
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(async () => {
    await gateway.stop();
    await Promise.all([polled.stop(), pushing.stop()]);
  });

  async function row(accountId: string, params: object = {}): Promise<AccountRow | undefined> {
    const { channelAccounts } = await answer(client, 'channels.status', { channel: 'telegram', ...params });
    return (channelAccounts as { telegram: AccountRow[] }).telegram.find(
      (one) => one.accountId === accountId,
    );
  }

  it('that ask for their messages are connected and know their bot', async () => {
    await waitFor('connected', async () => (await row('polled'))?.connected);
    expect(await row('polled', { probe: true })).toMatchObject({
      mode: 'polling',
      bot: '@pllan_test_bot',
      probe: { ok: true },
    });
  });

  it('that are sent their messages have told Telegram where to', async () => {
    await waitFor('connected', async () => (await row('pushing'))?.connected);
    expect(await row('pushing')).toMatchObject({ mode: 'webhook' });
    expect(pushing.calls.find(({ method }) => method === 'setWebhook')?.values).toMatchObject({
      url: 'http://127.0.0.1:1/channels/telegram/pushing',
      secret_token: webhookSecret,
    });
  });

  it('with a wrong token are stopped, with the reason, and nothing tells the token', async () => {
    const stopped = await waitFor('refused', async () => {
      const found = await row('refused', { probe: true });
      return found?.running === false && found;
    });
    expect(stopped.lastError).toContain('Telegram refuses the bot token: getMe: 401 Unauthorized');
    const told = JSON.stringify(await answer(client, 'channels.status', {})) + gateway.output();
    const log = JSON.stringify(gateway.logLines());
    for (const secret of [wrongToken, polled.token, pushing.token, webhookSecret])
      expect(told + log).not.toContain(secret);
  });

  it('cannot be signed out', async () => {
    expect(await refusal(client, 'channels.logout', { channel: 'telegram', accountId: 'polled' })).toContain(
      'channel telegram does not support logout',
    );
  });
});
