/** Conversations over Telegram with a real gateway, whose model says what it is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../../support/control-client.js';
import { startFakeBotApi, type FakeBotApi } from '../../../support/fake-bot-api/fake-bot-api.js';
import type { SentMessage } from '../../../support/fake-bot-api/chats.js';
import { freePort, startGateway, type TestGateway } from '../../../support/gateway.js';
import { png } from '../../../support/images.js';
import { answer, refusal } from '../../../support/session-calls.js';
import { waitFor } from '../../../support/wait-for.js';

const wrongToken = '123456:AA-token-that-was-revoked-000000000';
const webhookSecret = 'shown-with-each-request-000000';
const group = { id: -100_700, type: 'supergroup', title: 'Team' };

interface AccountRow {
  readonly accountId: string;
  readonly connected?: boolean;
  readonly running?: boolean;
  readonly lastError?: string | null;
}

describe('telegram', () => {
  let polled: FakeBotApi;
  let pushing: FakeBotApi;
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    [polled, pushing] = await Promise.all([
      startFakeBotApi(),
      startFakeBotApi({ token: '777:AA-pushing-bot-0000000000' }),
    ]);
    const port = await freePort();
    const webhookUrl = `http://127.0.0.1:${port}/`;
    const accounts = {
      polled: { botToken: polled.token, apiRoot: polled.apiRoot, streaming: true },
      refused: { botToken: wrongToken, apiRoot: polled.apiRoot },
      pushing: { botToken: pushing.token, apiRoot: pushing.apiRoot, webhookUrl, webhookSecret },
    };
    const telegram = { accounts, dmPolicy: 'open', allowFrom: ['*'], groups: { '*': {} } };
    const config = { channels: { telegram }, session: { dmScope: 'per-account-channel-peer' } };
    gateway = await startGateway({ port, config });
    client = await connectControl(gateway.wsUrl);
    await waitFor(
      'both connected',
      async () => (await row('polled'))?.connected && (await row('pushing'))?.connected,
    );
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

  const lastIn = (fake: FakeBotApi, chatId: number): SentMessage | undefined =>
    fake.sent.findLast((message) => message.chatId === chatId);

  it('accounts say how they are connected and as whom', async () => {
    expect(await row('polled', { probe: true })).toMatchObject({
      mode: 'polling',
      bot: '@pllan_test_bot',
      probe: { ok: true },
    });
    expect(await row('pushing')).toMatchObject({ mode: 'webhook' });
    expect(pushing.calls.find(({ method }) => method === 'setWebhook')?.values).toMatchObject({
      url: `${gateway.url}/channels/telegram/pushing`,
      secret_token: webhookSecret,
    });
  });

  it('an account with a wrong token is stopped, with the reason', async () => {
    const stopped = await waitFor('refused', async () => {
      const found = await row('refused', { probe: true });
      return found?.running === false && found;
    });
    expect(stopped.lastError).toContain('Telegram refuses the bot token: getMe: 401 Unauthorized');
  });

  it('an account cannot be signed out', async () => {
    expect(await refusal(client, 'channels.logout', { channel: 'telegram', accountId: 'polled' })).toContain(
      'channel telegram does not support logout',
    );
  });

  it.each(['polled', 'pushing'])('who writes to an account (%s) gets an answer', async (account) => {
    const fake = account === 'polled' ? polled : pushing;
    fake.say({ text: 'Hello **you**', chat: { id: 31 } });
    await waitFor('the answer', () => lastIn(fake, 31)?.text === 'Hello you');
    expect(lastIn(fake, 31)?.entities).toMatchObject([{ type: 'bold' }]);
  });

  it('a request without the secret is refused, and nobody hears of it', async () => {
    const message = {
      message_id: 9,
      date: 1,
      chat: { id: 32, type: 'private' },
      from: { id: 32, first_name: 'X' },
      text: 'Hi',
    };
    const body = JSON.stringify({ update_id: 9, message });
    for (const secret of [undefined, 'guessed']) {
      const headers = {
        'content-type': 'application/json',
        ...(secret && { 'x-telegram-bot-api-secret-token': secret }),
      };
      const { status } = await fetch(`${gateway.url}/channels/telegram/pushing`, {
        method: 'POST',
        headers,
        body,
      });
      expect(status).toBe(401);
    }
    expect(lastIn(pushing, 32)).toBeUndefined();
  });

  it('a group is answered where the bot is named, in its topic', async () => {
    const inTopic = { chat: group, message_thread_id: 12, is_topic_message: true } as const;
    polled.say({ ...inTopic, text: 'not for the bot' });
    const text = '@pllan_test_bot what is it?';
    const asked = polled.say({ ...inTopic, text, entities: [{ type: 'mention', offset: 0, length: 15 }] });
    const reply = await waitFor('the answer', () => lastIn(polled, group.id));
    expect(reply).toMatchObject({ text: `Ada: ${text}`, threadId: 12, replyTo: asked.message?.message_id });
  });

  it('a picture reaches the model', async () => {
    const picture = png(2_000);
    const file_id = polled.addFile('photos/file_1.png', picture);
    const photo = [{ file_id, file_unique_id: 'u', width: 1, height: 1, file_size: picture.length }];
    polled.say({ photo, caption: 'Look:', chat: { id: 33 } });
    await waitFor('the answer', () => lastIn(polled, 33)?.text === 'Look: [image/png]');
  });

  it('a long answer comes in parts', async () => {
    polled.openChat(34);
    const long = `${'x'.repeat(4_000)} ${'y'.repeat(4_000)}`;
    await answer(client, 'send', {
      channel: 'telegram',
      accountId: 'polled',
      to: '34',
      message: long,
      idempotencyKey: 'long-1',
    });
    const parts = polled.sent.filter(({ chatId, text }) => chatId === 34 && /^[xy]+$/.test(text));
    expect(parts.map(({ text }) => text.length)).toEqual([4_000, 4_000]);
  });

  it('an answer is shown while it is written, as one message', async () => {
    polled.say({ text: '/trickle 6 700', chat: { id: 35 } });
    const shown = await waitFor('an edit', () => {
      const message = lastIn(polled, 35);
      return message && message.earlier.length > 1 && message;
    });
    await waitFor('its end', () => shown.text.split(' ').length === 6);
    expect(polled.sent.filter(({ chatId }) => chatId === 35)).toHaveLength(1);
  });

  it('nothing tells a token or secret', async () => {
    const told = JSON.stringify(await answer(client, 'channels.status', { probe: true }));
    const log = JSON.stringify(gateway.logLines());
    for (const secret of [wrongToken, polled.token, pushing.token, webhookSecret])
      expect(told + log + gateway.output()).not.toContain(secret);
  });
});
