/** What messages of Telegram are to the gateway. */
import type { Message } from 'grammy/types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../../src/primary/channels/channel.js';
import { startFakeBotApi, type FakeBotApi, type Said } from '../../../support/fake-bot-api/fake-bot-api.js';
import { never, openAccount, type TestAccount } from './support/account.js';
import { waitFor } from '../../../support/wait-for.js';

const group = { id: -100_200, type: 'supergroup', title: 'Team' } as const;
const other = { id: 7, is_bot: false, first_name: 'Bo' };

describe('a message', () => {
  let fake: FakeBotApi;
  let opened: TestAccount;
  const finished: (() => unknown)[] = [];
  beforeAll(async () => {
    fake = await startFakeBotApi();
    opened = openAccount({ onTestFinished: (end) => void finished.push(end as () => unknown) }, fake);
    opened.run();
    await waitFor('connected', () => opened.host.connections.length > 0);
  });
  afterAll(async () => {
    for (const end of finished) await end();
    await fake.stop();
  });

  /** As the gateway takes it. */
  async function taken(message: Said): Promise<InboundMessage> {
    const before = opened.host.messages.length;
    fake.say(message);
    return waitFor('the message', () => opened.host.messages[before]);
  }
  const bot = (): Message['from'] => ({ ...fake.bot, is_bot: true, first_name: 'Bot' });

  it('of a person has a name and what a config may call them', async () => {
    const from = { id: 42, is_bot: false, first_name: 'Ada', last_name: 'Lovelace', username: 'ada' };
    expect(await taken({ text: 'Hi', date: 1_760_000_000, from })).toEqual({
      id: expect.stringMatching(/^\d+$/) as string,
      peer: { kind: 'direct', id: '42' },
      sender: { id: '42', name: 'Ada Lovelace', aliases: ['@ada'] },
      text: 'Hi',
      mentioned: false,
      attachments: [],
      sentAt: 1_760_000_000_000,
    });
  });

  it('of a group names it, and who wrote', async () => {
    expect(await taken({ text: 'Hi', chat: group, from: other })).toMatchObject({
      peer: { kind: 'group', id: '-100200' },
      sender: { id: '7' },
      title: 'Team',
      mentioned: false,
    });
  });

  it('of a topic names that as well; a thread of answers is none', async () => {
    const inTopic = { text: 'Hi', chat: group, message_thread_id: 12, is_topic_message: true } as const;
    expect((await taken(inTopic)).peer).toEqual({ kind: 'group', id: '-100200', threadId: '12' });
    expect((await taken({ text: 'Hi', chat: group, message_thread_id: 12 })).peer.threadId).toBeUndefined();
  });

  it.each<[string, boolean, () => Said]>([
    [
      'names the bot',
      true,
      () => ({ text: 'Ho @Pllan_Test_Bot', entities: [{ type: 'mention', offset: 3, length: 15 }] }),
    ],
    [
      'names another',
      false,
      () => ({ text: '@someone hi', entities: [{ type: 'mention', offset: 0, length: 8 }] }),
    ],
    [
      'names the bot without a handle',
      true,
      () => ({
        text: 'Bot, hi',
        entities: [{ type: 'text_mention', offset: 0, length: 3, user: bot() as never }],
      }),
    ],
    [
      'gives it a command',
      true,
      () => ({ text: '/new@pllan_test_bot', entities: [{ type: 'bot_command', offset: 0, length: 19 }] }),
    ],
    [
      'gives another bot a command',
      false,
      () => ({ text: '/new@other_bot', entities: [{ type: 'bot_command', offset: 0, length: 14 }] }),
    ],
    ['says its name unmarked', false, () => ({ text: 'mail me@pllan_test_bot.org' })],
    [
      'answers it',
      true,
      () => ({
        text: 'Yes',
        reply_to_message: { message_id: 3, chat: group, date: 1, from: bot() } as never,
      }),
    ],
    [
      'is in a topic that the bot opened',
      false,
      () => ({
        text: 'Yes',
        reply_to_message: {
          message_id: 3,
          chat: group,
          date: 1,
          from: bot(),
          forum_topic_created: { name: 'T', icon_color: 1 },
        } as never,
      }),
    ],
    [
      'names the bot in a caption',
      true,
      () => ({
        photo: [{ file_id: 'x', file_unique_id: 'x', width: 1, height: 1 }],
        caption: '@pllan_test_bot',
        caption_entities: [{ type: 'mention', offset: 0, length: 15 }],
      }),
    ],
  ])('of a group that %s: %s', async (_, mentioned, message) => {
    expect(await taken({ chat: group, ...message() })).toMatchObject({ mentioned });
  });

  it('has commands without the address, the rest as it was written', async () => {
    const entities = [{ type: 'bot_command', offset: 0, length: 19 }] as const;
    const text = '/new@pllan_test_bot mail me@home';
    expect((await taken({ text, chat: group, entities: [...entities] })).text).toBe('/new mail me@home');
  });

  it('says what it answers', async () => {
    const reply = { message_id: 9, chat: group, date: 1, from: other } as never;
    expect(await taken({ text: 'Hm', chat: group, reply_to_message: reply })).toMatchObject({
      replyToId: '9',
    });
  });

  it('of a channel or an anonymous administrator is from that channel or group', async () => {
    const channel = { id: -100_300, type: 'channel', title: 'News' } as const;
    fake.post({ text: 'Read all about it', chat: channel });
    const post = await waitFor('the post', () => opened.host.messages.find(({ title }) => title === 'News'));
    expect(post).toMatchObject({
      peer: { kind: 'channel', id: '-100300' },
      sender: { id: '-100300', name: 'News' },
    });
    const anonymous = { id: 1_087_968_824, is_bot: true, first_name: 'Group' };
    expect(await taken({ text: 'Order!', chat: group, from: anonymous, sender_chat: group })).toMatchObject({
      sender: { id: '-100200', name: 'Team' },
    });
  });

  it('brings files, which are fetched when somebody wants them', async () => {
    const bytes = Buffer.from('a picture, as it were');
    const file_id = fake.addFile('photos/file_1.jpg', bytes);
    const size = { file_unique_id: 'u', width: 90, height: 90 };
    const { text, attachments } = await taken({
      caption: 'Look',
      photo: [
        { ...size, file_id: 'small' },
        { ...size, file_id, file_size: bytes.length },
      ],
    });
    expect(text).toBe('Look');
    const [picture] = attachments;
    expect(attachments).toMatchObject([{ kind: 'image', mimeType: 'image/jpeg', bytes: bytes.length }]);
    expect(await picture?.fetch(1_000, never)).toEqual(bytes);
    await expect(picture?.fetch(5, never)).rejects.toThrow('more than 5');
  });

  it('brings no more than it may, whatever it says of its size', async () => {
    const file_id = fake.addFile('documents/file_2.pdf', Buffer.alloc(100_000));
    const document = {
      file_id,
      file_unique_id: 'u',
      mime_type: 'application/pdf',
      file_name: 'a.pdf',
      file_size: 5,
    };
    const { attachments } = await taken({ document });
    expect(attachments).toMatchObject([{ kind: 'file', mimeType: 'application/pdf', filename: 'a.pdf' }]);
    await expect(attachments[0]?.fetch(1_000, never)).rejects.toThrow('more than 1000 bytes');
  });

  it('tells no token when a file cannot be had', async () => {
    const { attachments } = await taken({ voice: { file_id: 'gone', file_unique_id: 'u', duration: 1 } });
    expect(attachments).toMatchObject([{ kind: 'audio', mimeType: 'audio/ogg' }]);
    const error = (await attachments[0]?.fetch(1_000, never).catch((caught: unknown) => caught)) as Error;
    expect(error.message).toContain('getFile: 400');
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(fake.token);
  });

  it('of several pictures is one, in its place among the others', async () => {
    const before = opened.host.messages.length;
    const photo = [{ file_id: 'x', file_unique_id: 'x', width: 1, height: 1 }];
    const album = { photo, media_group_id: 'album-1' };
    fake.say({ ...album, caption: 'Our trip' });
    fake.say(album);
    fake.say(album);
    fake.say({ text: 'Nice, is it not?' });
    await waitFor('both', () => opened.host.messages.length === before + 2);
    const [pictures, question] = opened.host.messages.slice(before);
    expect(pictures).toMatchObject({ text: 'Our trip', attachments: [{}, {}, {}] });
    expect(question?.text).toBe('Nice, is it not?');
  });

  it.each<[string, Said, string]>([
    ['a place', { location: { latitude: 1.5, longitude: 2.5 } }, '[1.5, 2.5]'],
    ['a person', { contact: { phone_number: '+1', first_name: 'Bo' } }, '[Bo: +1]'],
  ])('that is %s says so', async (_, message, text) => {
    expect((await taken(message)).text).toBe(text);
  });

  it('that says nothing, or is an edit, is none', async () => {
    const before = opened.host.messages.length;
    fake.say({ new_chat_title: 'New', chat: group });
    fake.say({ text: 'from itself', chat: group, from: bot() as never });
    await taken({ text: 'the next' });
    expect(opened.host.messages.slice(before).map(({ text }) => text)).toEqual(['the next']);
  });
});
