/** Messages of a chat network on their way to an agent, and its answers on their way back. */
import { describe, expect, it } from 'vitest';
import type { InboundAttachment } from '../../../src/primary/channels/channel.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { png } from '../../support/images.js';
import { waitFor } from '../../support/wait-for.js';
import { inbound, type Conversation } from './support/conversation.js';
import { fakeNetwork } from './support/fake-network.js';
import { inGroup, MAIN, scene } from './support/scene.js';

const at = scene();
const { begin, give, received } = at;

describe('a message', () => {
  it('becomes a run, whose answer goes back', async () => {
    const chat = begin({ responsePrefix: '[bot]' });
    await give(chat, inbound('Hello'));
    await chat.answer(0, 'Hi Ann');
    expect(await received(1)).toEqual(['7: [bot] Hi Ann']);
    expect(await chat.said(MAIN)).toEqual(['user: Hello', 'assistant: Hi Ann']);
    expect(await chat.sessions.get(MAIN as SessionKey)).toMatchObject({
      channel: 'net',
      chatType: 'direct',
      lastChannel: 'net',
      lastTo: '7',
      lastAccountId: 'a',
    });
    expect(await chat.messages.deliveries.lastRoute(MAIN as SessionKey)).toEqual({
      channel: 'net',
      accountId: 'a',
      kind: 'direct',
      id: '7',
    });
    expect(at.network.typed[0]).toBe('7');
  });

  it('is one run, however often the at.network gives it, also after a restart', async () => {
    const message = inbound('Hello');
    const chat = begin();
    await Promise.all([give(chat, message), give(chat, message)]);
    await chat.answer(0, 'Hi');
    await received(1);
    await give(chat, message);
    await chat.stop();
    const again = begin();
    await again.messages.recover();
    await give(again, message);
    expect([chat.jobs.length, again.jobs.length]).toEqual([1, 0]);
    expect(await again.said(MAIN)).toEqual(['user: Hello', 'assistant: Hi']);
    expect(chat.counted()).toEqual(['run none', 'repeated none']);
  });

  it('to which nothing is said is not answered', async () => {
    const chat = begin();
    await give(chat, inbound('one'));
    await chat.answer(0, 'NO_REPLY');
    await give(chat, inbound('two'));
    await chat.answer(1, '');
    await give(chat, inbound('three'));
    await chat.answer(2, 'now');
    expect(await received(1)).toEqual(['7: now']);
  });

  it('whose run fails is answered with a word of excuse, and nothing of the cause', async () => {
    const chat = begin();
    await give(chat, inbound('Hello'));
    const job = await waitFor('the run', async () => chat.jobs[0]);
    const end = { status: 'error', kind: 'unknown', message: 'ENOENT /secret/path' } as const;
    chat.runs.received(1, { runId: job.runId, type: 'end', end });
    expect(await received(1)).toEqual(['7: Something went wrong, and there is no answer. Please try again.']);
  });

  it('whose run a crash interrupted is answered with that, once', async () => {
    const before = begin();
    await give(before, inbound('Hello'));
    await waitFor('the run', async () => before.jobs[0]);
    const after = begin();
    await after.runs.recover();
    await after.messages.recover();
    expect(await received(2)).toEqual([
      '7: The gateway was restarted before the answer was ready. Please',
      '7: send that again.',
    ]);
  });

  it('is refused, to be offered again, while the gateway stops', async () => {
    const chat = begin();
    chat.runs.close();
    await expect(give(chat, inbound('Hello'))).rejects.toThrow('stopping');
    expect(chat.counted()).toEqual(['failed not_accepted']);
  });

  it.each([
    ['of a bot', { sender: { id: '8', bot: true } }],
    ['without a text', { text: '  ' }],
    ['with an id that is too long', { id: 'x'.repeat(300) }],
    ['with control characters in an id', { sender: { id: 'a\u0000b' } }],
  ])('%s is dropped', async (_, more) => {
    const chat = begin();
    await give(chat, inbound('Hello', more));
    expect([chat.jobs, chat.counted()[0]?.split(' ')[0]]).toEqual([[], 'dropped']);
  });
});

describe('messages that come close together', () => {
  it('become one run, each on disk before it is acknowledged', async () => {
    const chat = begin({ debounceMs: 100 });
    for (const text of ['one', 'two', 'three']) await give(chat, inbound(text));
    expect(await at.disk.store.runs.open()).toHaveLength(3);
    expect(chat.jobs).toEqual([]);
    await chat.answer(0, 'all');
    expect(await received(1)).toEqual(['7: all']);
    expect(await chat.said(MAIN)).toEqual(['user: one', 'user: two', 'user: three', 'assistant: all']);
    expect(chat.jobs).toHaveLength(1);
  });

  it('are runs of their own when others wrote them', async () => {
    const chat = begin({ debounceMs: 100 });
    await give(chat, inbound('one', inGroup('g')));
    await give(chat, inbound('two', inGroup('g', { sender: { id: '8', name: 'Bob' } })));
    await chat.answer(0, 'to Ann');
    await chat.answer(1, 'to Bob');
    expect(await received(2)).toEqual(['g: to Ann', 'g: to Bob']);
  });
});

describe('attachments', () => {
  const image = (more: Partial<InboundAttachment> = {}): InboundAttachment => ({
    kind: 'image',
    mimeType: 'image/png',
    fetch: async () => png(200),
    ...more,
  });

  it('images are shown to the model, of others it is told', async () => {
    const chat = begin();
    const file = { kind: 'file', mimeType: 'application/pdf', filename: 'a]\n.pdf', bytes: 5 } as const;
    const attachments = [
      image(),
      { ...file, fetch: () => Promise.reject(new Error('not for you')) },
      image({ fetch: () => Promise.reject(new Error('gone')) }),
      image({ bytes: 1e9 }),
      image({ fetch: async () => Buffer.from('not an image') }),
    ];
    await give(chat, inbound('Look', { attachments }));
    const [line = ''] = await chat.said(MAIN);
    expect(line).toContain('[file: a .pdf, application/pdf, 5 bytes]');
    expect(line).toContain('[image: image/png, could not be loaded]');
    expect(line).toContain('[image: image/png, 1000000000 bytes, too large]');
    expect(line).toContain('not an image that can be shown');
    expect(line.match(/\|\[image\]/g)).toHaveLength(1);
  });

  it('that take long keep no other conversation waiting', async () => {
    const chat = begin();
    const slow = give(
      chat,
      inbound('Look', { attachments: [image({ fetch: () => new Promise(() => {}) })] }),
    );
    await give(chat, inbound('Hello', inGroup('g')));
    await waitFor('the run', async () => chat.jobs[0]);
    await chat.messages.stop();
    await slow;
  });
});

describe('an answer that is shown while it is written', () => {
  const streaming = (): void => {
    at.network = fakeNetwork({ edits: true });
    Object.assign(at.network.account.account, { streams: true });
  };
  const says = async (chat: Conversation, text: string): Promise<void> => {
    const job = await waitFor('the run', async () => chat.jobs[0]);
    chat.runs.received(1, { runId: job.runId, type: 'text', text });
  };

  it('is one message in the end', async () => {
    streaming();
    const chat = begin();
    await give(chat, inbound('Hello'));
    await says(chat, 'This is ');
    await received(1);
    await says(chat, 'the answer, ');
    await waitFor('the change', async () => at.network.edits.length > 0);
    await chat.answer(0, 'all of it, and so long that it does not fit in one message.');
    await waitFor('the rest', async () => at.network.messages[1]);
    expect(at.network.messages.map(({ text }) => text)).toEqual([
      'This is the answer, all of it, and so long that it does not fit',
      'in one message.',
    ]);
  });

  it('is not said again when the gateway dies, and whoever wrote is told', async () => {
    streaming();
    const before = begin();
    await give(before, inbound('Hello'));
    await says(before, 'Half of');
    await received(1);
    const after = begin();
    await after.runs.recover();
    await after.messages.recover();
    await received(3);
    expect(at.network.messages[0]?.text).toBe('Half of');
    expect(at.network.messages.filter(({ text }) => text.includes('Half'))).toHaveLength(1);
  });

  it.each(['refused', 'lost'] as const)(
    'is a message of its own when the first part of it is %s',
    async (reaction) => {
      streaming();
      const left = [reaction];
      at.network.react = () => left.pop() ?? 'ok';
      const chat = begin();
      await give(chat, inbound('Hello'));
      await says(chat, 'Half');
      await waitFor('the draft', async () => at.network.sends[0]);
      await chat.answer(0, ' and half');
      await waitFor('the answer', async () =>
        at.network.messages.find(({ text }) => text === 'Half and half'),
      );
    },
  );
});
