/** What is sent: how it looks, and what is known of it when something goes wrong. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SendError } from '../../../../src/primary/channels/channel.js';
import { tooManyRequests, type Fault } from '../../../support/fake-bot-api/faults.js';
import { startFakeBotApi } from '../../../support/fake-bot-api/fake-bot-api.js';
import { botApiFor, never, openAccount, partTo } from './support/account.js';
import { waitFor, within } from '../../../support/wait-for.js';

async function chat(id = 1001) {
  const fake = await botApiFor({ onTestFinished });
  fake.openChat(id);
  const { account, host } = openAccount({ onTestFinished }, fake);
  return { fake, account, host };
}

describe('a part', () => {
  it('is sent with its markup, as the message that the network names', async () => {
    const { fake, account } = await chat();
    const { messageId } = await account.send(partTo('1001', 'Use **`a<b`**, _please_.'), never);
    expect(fake.sent).toMatchObject([
      { chatId: 1001, messageId: Number(messageId), text: 'Use a<b, please.' },
    ]);
    expect(fake.sent[0]?.entities.map(({ type }) => type)).toEqual(['code', 'bold', 'italic']);
  });

  it('answers a message, in a topic, without a sound', async () => {
    const { fake, account } = await chat(-100_5);
    const part = partTo('-1005', 'Hi', { replyToId: '77', threadId: '12', silent: true });
    await account.send(part, never);
    expect(fake.sent).toMatchObject([{ chatId: -1005, replyTo: 77, threadId: 12, silent: true }]);
  });

  it('in the topic that every group has names none', async () => {
    const { fake, account } = await chat(-100_5);
    await account.send(partTo('-1005', 'Hi', { threadId: '1' }), never);
    expect(fake.sent[0]?.threadId).toBeUndefined();
  });

  it('in a topic that cannot be one is refused, and is in no other', async () => {
    const { fake, account } = await chat(-100_5);
    const sending = account.send(partTo('-1005', 'Hi', { threadId: 'news' }), never);
    await expect(sending).rejects.toMatchObject({ kind: 'refused' });
    expect(fake.sent).toEqual([]);
  });

  it('is sent as it is when its markup is not understood', async () => {
    const { fake, account } = await chat();
    const malformed: Fault = {
      kind: 'error',
      code: 400,
      description: "Bad Request: can't parse entities: Unsupported start tag",
    };
    fake.faults.add('sendMessage', malformed);
    await account.send(partTo('1001', '**Hi** there'), never);
    expect(fake.sent).toMatchObject([{ text: '**Hi** there' }]);
  });

  it.each([
    ['https://example.org/a.png', {}, 'photo'],
    ['https://example.org/a.gif?x=1', {}, 'animation'],
    ['https://example.org/a.mp4', {}, 'video'],
    ['https://example.org/a.mp3', {}, 'audio'],
    ['https://example.org/a.ogg', { asVoice: true }, 'voice'],
    ['https://example.org/a.png', { asDocument: true }, 'document'],
    ['https://example.org/a.pdf', {}, 'document'],
  ])('with %s %j is a %s', async (url, how, kind) => {
    const { fake, account } = await chat();
    await account.send(partTo('1001', 'See **this**', { media: { url, ...how } }), never);
    expect(fake.sent).toMatchObject([{ text: 'See this', media: { kind, from: url } }]);
  });

  it('uploads what its address holds itself', async () => {
    const { fake, account } = await chat();
    const url = `data:image/png;base64,${Buffer.from('png').toString('base64')}`;
    await account.send(partTo('1001', '', { media: { url } }), never);
    expect(fake.sent).toMatchObject([
      { text: '', media: { kind: 'photo', from: { name: 'file.png', bytes: Buffer.from('png') } } },
    ]);
    const notBase64 = partTo('1001', '', { media: { url: 'data:text/plain,hello' } });
    await expect(account.send(notBase64, never)).rejects.toMatchObject({ kind: 'refused' });
  });

  it('fits when it was cut, whatever is in it', async () => {
    const { fake, account } = await chat();
    const long = Array.from({ length: 400 }, (_, n) => `- **item ${n}** <&> 😀 \`code\``).join('\n');
    const parts = account.split(long, partTo('1001', '').route);
    expect(parts.length).toBeGreaterThan(1);
    for (const text of parts) await account.send(partTo('1001', text), never);
    expect(fake.sent.flatMap(({ text }) => text.split('\n'))).toHaveLength(400);
  });
});

describe('a part that is not sent', () => {
  const error = (code: number, description: string): Fault => ({ kind: 'error', code, description });
  it.each<[string, Fault, Partial<SendError>]>([
    ['too many', tooManyRequests(7), { kind: 'not-sent', retryAfterMs: 7_000 }],
    ['no such chat', error(400, 'Bad Request: chat not found'), { kind: 'refused' }],
    ['blocked', error(403, 'Forbidden: bot was blocked by the user'), { kind: 'refused' }],
    ['trouble there', error(500, 'Internal Server Error'), { kind: 'not-sent' }],
    ['a token that is no longer good', error(401, 'Unauthorized'), { kind: 'not-sent' }],
    ['a proxy without a server', { kind: 'proxy', status: 502 }, { kind: 'not-sent' }],
    ['a proxy that waited in vain', { kind: 'proxy', status: 504 }, { kind: 'unknown' }],
    ['a broken connection', { kind: 'reset', done: false }, { kind: 'unknown' }],
    ['a broken connection after all', { kind: 'reset', done: true }, { kind: 'unknown' }],
  ])('%s', async (_, fault, expected) => {
    const { fake, account, host } = await chat();
    fake.faults.add('sendMessage', fault);
    const caught = (await account
      .send(partTo('1001', 'Hi'), never)
      .catch((one: unknown) => one)) as SendError;
    expect(caught).toMatchObject({ name: 'SendError', ...expected });
    expect(caught.message).toContain('sendMessage');
    expect([caught.message, caught.stack, ...host.lines].join('\n')).not.toContain(fake.token);
  });

  it('because nobody listens may be sent again', async () => {
    const { fake, account } = await chat();
    await fake.down();
    await expect(account.send(partTo('1001', 'Hi'), never)).rejects.toMatchObject({ kind: 'not-sent' });
    await fake.up();
    await account.send(partTo('1001', 'Hi'), never);
    expect(fake.sent).toHaveLength(1);
  });

  it('because the answer does not come may have been sent; the call ends when it is given up', async () => {
    const { fake, account } = await chat();
    fake.faults.add('sendMessage', { kind: 'silent', done: true });
    const given = new AbortController();
    const sending = account.send(partTo('1001', 'Hi'), given.signal);
    await waitFor('it is there', () => fake.sent.length === 1);
    given.abort();
    await expect(within('its end', sending, 2_000)).rejects.toMatchObject({ kind: 'unknown' });
  });

  it('because the account is not complete waits for a better config', async () => {
    const fake = await botApiFor({ onTestFinished });
    const { account } = openAccount({ onTestFinished }, fake, { webhookUrl: 'https://example.org' });
    await expect(account.send(partTo('1', 'Hi'), never)).rejects.toMatchObject({
      kind: 'not-sent',
      message: 'webhookUrl needs webhookSecret',
    });
  });
});

describe('an edit', () => {
  it('puts another text in the place of the one that was sent', async () => {
    const { fake, account } = await chat();
    const { messageId } = await account.send(partTo('1001', 'Hel'), never);
    await account.edit?.(messageId, partTo('1001', 'Hello **you**'), never);
    expect(fake.sent).toMatchObject([{ text: 'Hello you', earlier: ['Hel'] }]);
  });

  it('that changes nothing is fine', async () => {
    const { account } = await chat();
    const { messageId } = await account.send(partTo('1001', 'Hello'), never);
    await account.edit?.(messageId, partTo('1001', 'Hello'), never);
  });

  it('is left out when a later one has come meanwhile: the last one remains', async () => {
    const { fake, account } = await chat();
    const { messageId } = await account.send(partTo('1001', 'one'), never);
    await Promise.all(
      ['two', 'three', 'four', 'five'].map(async (text) =>
        account.edit?.(messageId, partTo('1001', text), never),
      ),
    );
    expect(fake.sent).toMatchObject([{ text: 'five' }]);
    expect(fake.calls.filter(({ method }) => method === 'editMessageText').length).toBeLessThan(4);
  });

  it('of what is not there is refused', async () => {
    const { account } = await chat();
    await expect(account.edit?.('99', partTo('1001', 'Hi'), never)).rejects.toMatchObject({
      kind: 'refused',
    });
  });
});

describe('a bot', () => {
  it('shows that an answer is being written', async () => {
    const { fake, account } = await chat();
    account.typing?.(partTo('1001', '').route);
    await waitFor('the call', () => fake.calls.some(({ method }) => method === 'sendChatAction'));
  });

  it('says who it is when it is asked', async () => {
    const { account } = await chat();
    expect(await account.probe(never)).toEqual({ bot: '@pllan_test_bot' });
  });

  it('is never faster than Telegram allows', async () => {
    const fake = await startFakeBotApi();
    onTestFinished(() => fake.stop());
    const { account } = openAccount({ onTestFinished }, fake);
    const chats = Array.from({ length: 30 }, (_, n) => n + 1);
    for (const id of chats) fake.openChat(id);
    await Promise.all(
      [1, 1, 1, 1, ...chats].map((id) => account.send(partTo(String(id), 'Hi'), AbortSignal.timeout(60_000))),
    );
    expect(fake.sent).toHaveLength(34);
    expect(fake.tooFast).toBe(0);
  });
});
