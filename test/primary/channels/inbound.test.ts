/** Messages of a chat network on their way to an agent, and its answers on their way back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountPolicy } from '../../../src/primary/channels/accounts.js';
import type { InboundAttachment, InboundMessage } from '../../../src/primary/channels/channel.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { png } from '../../support/images.js';
import { waitFor } from '../../support/wait-for.js';
import { converse, inbound, type Conversation, type ConversationConfig } from './support/conversation.js';
import {
  fakeNetwork,
  openPolicy,
  storeOnDisk,
  type FakeNetwork,
  type StoreOnDisk,
} from './support/fake-network.js';

let disk: StoreOnDisk;
let network: FakeNetwork;
const open: Conversation[] = [];

beforeEach(() => {
  disk = storeOnDisk();
  network = fakeNetwork();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
  await disk.dispose();
});

function begin(config?: ConversationConfig): Conversation {
  const made = converse(disk.store, network, config);
  open.push(made);
  return made;
}
const give = (to: Conversation, message: InboundMessage): Promise<void> =>
  to.messages.inbound(network.account, message);
const received = (count: number): Promise<string[]> =>
  waitFor(`${count} messages`, async () =>
    network.messages.length >= count
      ? network.messages.map(({ chat, text }) => `${chat}: ${text}`)
      : undefined,
  );
const group = (id: string, more: Partial<InboundMessage> = {}): Partial<InboundMessage> => ({
  peer: { kind: 'group', id },
  mentioned: true,
  ...more,
});
const MAIN = 'agent:main:main';

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
    expect(network.typed[0]).toBe('7');
  });

  it('is one run, however often the network gives it, also after a restart', async () => {
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

describe('who is heard', () => {
  const people: AccountPolicy = { ...openPolicy, dmPolicy: 'allowlist' };
  const groups = (all: Record<string, object>, groupPolicy: AccountPolicy['groupPolicy'] = 'allowlist') => ({
    ...openPolicy,
    groupPolicy,
    groups: new Map(
      Object.entries(all).map(([id, one]) => [
        id,
        { enabled: true, requireMention: true, allowFrom: undefined, ...one },
      ]),
    ),
  });
  const linked = { session: { identityLinks: { ann: ['net:7'] } } };

  it.each<[string, AccountPolicy, Partial<InboundMessage>, ConversationConfig, 'run' | string]>([
    ['anybody', openPolicy, {}, {}, 'run'],
    ['nobody', { ...openPolicy, dmPolicy: 'disabled' }, {}, {}, 'dropped disabled'],
    ['not who is not listed', people, {}, {}, 'dropped sender_not_in_allowlist'],
    ['who is listed by id', { ...people, allowFrom: ['7'] }, {}, {}, 'run'],
    ['who is listed by channel and id', { ...people, allowFrom: ['NET:7'] }, {}, {}, 'run'],
    [
      'who is listed by another name',
      { ...people, allowFrom: ['@Ann'] },
      { sender: { id: '7', aliases: ['@ann'] } },
      {},
      'run',
    ],
    ['who is listed by identity', { ...people, allowFrom: ['Ann'] }, {}, linked, 'run'],
    ['not another one', { ...people, allowFrom: ['8'] }, {}, {}, 'dropped sender_not_in_allowlist'],
    ['who is anybody', { ...people, allowFrom: ['*'] }, {}, {}, 'run'],
    [
      'who is listed, without pairing',
      { ...openPolicy, dmPolicy: 'pairing', allowFrom: ['7'] },
      {},
      {},
      'run',
    ],
    ['an owner, without pairing', { ...openPolicy, dmPolicy: 'pairing' }, {}, { owners: ['net:7'] }, 'run'],
    [
      'not who is no owner',
      { ...openPolicy, dmPolicy: 'pairing' },
      {},
      { owners: ['*', 8] },
      'pairing asked',
    ],
    ['any group', openPolicy, group('g'), {}, 'run'],
    ['no group', { ...openPolicy, groupPolicy: 'disabled' }, group('g'), {}, 'dropped disabled'],
    [
      'a group without a mention: no',
      openPolicy,
      group('g', { mentioned: false }),
      {},
      'dropped mention_required',
    ],
    ['a group that is listed', groups({ G: {} }), group('g'), {}, 'run'],
    ['not a group that is not listed', groups({ g: {} }), group('h'), {}, 'dropped not_in_allowlist'],
    ['a group by *', groups({ '*': {} }), group('h'), {}, 'run'],
    [
      'not a group that is off',
      groups({ '*': {}, h: { enabled: false } }),
      group('h'),
      {},
      'dropped disabled',
    ],
    [
      'a group that needs no mention',
      groups({ g: { requireMention: false } }),
      group('g', { mentioned: false }),
      {},
      'run',
    ],
    ['who is listed in a group', groups({ g: { allowFrom: ['7'] } }), group('g'), {}, 'run'],
    [
      'not who is not listed in a group',
      groups({ g: { allowFrom: ['8'] } }),
      group('g'),
      {},
      'dropped sender_not_in_allowlist',
    ],
    [
      'an open group whose entry is off: no',
      groups({ g: { enabled: false } }, 'open'),
      group('g'),
      {},
      'dropped disabled',
    ],
  ])('%s', async (_, policy, more, config, expected) => {
    network.policy = policy;
    const chat = begin(config);
    await give(chat, inbound('Hello', more));
    expect(chat.counted()).toEqual([expected === 'run' ? 'run none' : expected]);
  });

  it.each([
    ['group', 'drop group message (mention required)'],
    ['channel', 'drop guild message (mention required)'],
  ] as const)('what is not heard in a %s is in the log', async (kind, line) => {
    const chat = begin();
    await give(chat, inbound('Hello', { peer: { kind, id: 'g' } }));
    expect(chat.log).toContain(line);
  });

  it.each<[string, ConversationConfig['session'], 'run none' | 'dropped session_policy']>([
    ['no policy', {}, 'run none'],
    ['a policy that denies', { sendPolicy: { default: 'deny' } }, 'dropped session_policy'],
    [
      'a rule for another channel',
      { sendPolicy: { rules: [{ action: 'deny', match: { channel: 'x' } }] } },
      'run none',
    ],
    [
      'a rule for the channel',
      { sendPolicy: { rules: [{ action: 'deny', match: { channel: 'Net' } }] } },
      'dropped session_policy',
    ],
    [
      'a rule for direct chats',
      { sendPolicy: { rules: [{ action: 'deny', match: { chatType: 'direct' } }] } },
      'dropped session_policy',
    ],
    [
      'a rule for groups',
      { sendPolicy: { rules: [{ action: 'deny', match: { chatType: 'group' } }] } },
      'run none',
    ],
    [
      'a rule for keys',
      { sendPolicy: { default: 'deny', rules: [{ action: 'allow', match: { keyPrefix: 'main' } }] } },
      'run none',
    ],
    [
      'a rule for other keys',
      { sendPolicy: { default: 'deny', rules: [{ action: 'allow', match: { keyPrefix: 'net:' } }] } },
      'dropped session_policy',
    ],
  ])('with %s', async (_, session, expected) => {
    const chat = begin({ ...(session ? { session } : {}) });
    await give(chat, inbound('Hello'));
    expect(chat.counted()).toEqual([expected]);
  });

  it('a session that takes no messages gets none', async () => {
    const chat = begin();
    await disk.store.commit([
      {
        type: 'session',
        key: MAIN as SessionKey,
        entry: { sessionId: 's', updatedAt: 1, sendPolicy: 'deny' },
      },
    ]);
    await give(chat, inbound('Hello'));
    expect([chat.jobs, chat.counted()]).toEqual([[], ['dropped session_policy']]);
  });
});

describe('whose session it is', () => {
  const scope = (dmScope: string, links: object = {}): ConversationConfig => ({
    session: { dmScope, identityLinks: links },
  });
  it.each<[string, Partial<InboundMessage>, ConversationConfig, string]>([
    ['the main one', {}, scope('main'), MAIN],
    ['the person’s', {}, scope('per-peer'), 'agent:main:direct:7'],
    ['the identity’s', {}, scope('per-peer', { Ann: ['net:7'] }), 'agent:main:direct:ann'],
    ['that of another identity: no', {}, scope('per-peer', { Bob: ['net:8'] }), 'agent:main:direct:7'],
    ['the person’s in the network', {}, scope('per-channel-peer'), 'agent:main:net:direct:7'],
    ['the person’s at the account', {}, scope('per-account-channel-peer'), 'agent:main:net:a:direct:7'],
    ['the group’s', group('G1'), scope('main'), 'agent:main:net:group:g1'],
    [
      'the channel’s',
      { ...group('c'), peer: { kind: 'channel', id: 'c' } },
      scope('main'),
      'agent:main:net:channel:c',
    ],
    [
      'the thread’s',
      { ...group('c'), peer: { kind: 'group', id: 'c', threadId: '5' } },
      scope('main'),
      'agent:main:net:group:c:thread:5',
    ],
    [
      'a thread’s in the main one',
      { peer: { kind: 'direct', id: '7', threadId: '5' } },
      scope('main'),
      `${MAIN}:thread:5`,
    ],
  ])('%s', async (_, more, config, key) => {
    const chat = begin(config);
    await give(chat, inbound('Hello', more));
    expect((await waitFor('the run', async () => chat.jobs[0])).sessionKey).toBe(key);
  });

  const bound = (match: object): ConversationConfig => ({
    bindings: [
      { agentId: 'nobody', match: { channel: 'elsewhere' } },
      { agentId: 'Other', match },
      { agentId: 'main', match: { channel: 'net' } },
    ],
  });
  it.each<[object, Partial<InboundMessage>, boolean]>([
    [{ channel: 'Net' }, {}, true],
    [{ channel: 'net', accountId: 'a' }, {}, true],
    [{ channel: 'net', accountId: 'b' }, {}, false],
    [{ channel: 'net', peer: { kind: 'direct', id: '7' } }, {}, true],
    [{ channel: 'net', peer: { kind: 'dm', id: '*' } }, {}, true],
    [{ channel: 'net', peer: { kind: 'direct', id: '8' } }, {}, false],
    [{ channel: 'net', peer: { kind: 'group', id: '7' } }, {}, false],
    [{ channel: 'net', peer: { kind: 'group', id: 'G' } }, group('g'), true],
    [{ channel: 'net', guildId: 'x' }, group('g', { guildId: 'x' }), true],
    [{ channel: 'net', guildId: 'x' }, group('g', { guildId: 'y' }), false],
  ])('binding %j, message %j: %s', async (match, more, isOther) => {
    const chat = begin(bound(match));
    await give(chat, inbound('Hello', more));
    const job = await waitFor('the run', async () => chat.jobs[0]);
    expect(job.agentId).toBe(isOther ? 'other' : 'main');
  });

  it('a binding of an agent that is not there is passed over, and said', async () => {
    const chat = begin({ bindings: [{ agentId: 'gone', match: { channel: 'net' } }] });
    await give(chat, inbound('Hello'));
    expect((await waitFor('the run', async () => chat.jobs[0])).agentId).toBe('main');
    expect(chat.log).toContain('a binding names agent gone, which is not there');
  });

  it('in a group the agent knows who speaks, and only an owner alone is no stranger', async () => {
    const chat = begin({ owners: ['7'], session: { dmScope: 'per-peer' } });
    await give(chat, inbound('Hello', group('g', { title: 'Friends', sender: { id: '7', name: 'A\nnn' } })));
    await give(chat, inbound('Hello'));
    await give(chat, inbound('Hello', { peer: { kind: 'direct', id: '8' }, sender: { id: '8' } }));
    await waitFor('three runs', async () => chat.jobs[2]);
    expect(chat.jobs.map(({ byStranger }) => byStranger)).toEqual([true, false, true]);
    expect(await chat.said('agent:main:net:group:g')).toEqual(['user: A nn: Hello']);
    const entry = await chat.sessions.get('agent:main:net:group:g' as SessionKey);
    expect(entry).toMatchObject({ displayName: 'Friends', lastTo: 'group:g', chatType: 'group' });
    await chat.answer(0, 'Hi');
    await received(1);
    expect(network.messages[0]?.replyToId).toMatch(/^n\d+$/);
  });
});

describe('commands', () => {
  it('/new begins a new session, once', async () => {
    const chat = begin();
    await give(chat, inbound('Hello'));
    await chat.answer(0, 'Hi');
    await received(1);
    const before = await chat.sessions.get(MAIN as SessionKey);
    const message = inbound('/new');
    await give(chat, message);
    await give(chat, message);
    expect(await received(2)).toContain('7: This is a new conversation.');
    const after = await chat.sessions.get(MAIN as SessionKey);
    expect(after?.sessionId).not.toBe(before?.sessionId);
    await give(chat, inbound('/reset Hello again'));
    await chat.answer(1, 'Hi again');
    expect(await received(3)).toHaveLength(3);
    expect(await chat.said(MAIN)).toEqual(['user: Hello again', 'assistant: Hi again']);
  });

  it('the words for it are the config’s', async () => {
    const chat = begin({ session: { resetTriggers: ['!fresh'] } });
    await give(chat, inbound('!fresh'));
    await give(chat, inbound('/new'));
    expect(await waitFor('the run', async () => chat.jobs[0])).toBeDefined();
    expect(chat.counted()).toEqual(['command reset', 'run none']);
  });

  it('/stop ends what goes on, and nothing is said but that', async () => {
    const chat = begin();
    await give(chat, inbound('Hello'));
    await waitFor('the run', async () => chat.jobs[0]);
    await give(chat, inbound('stop!'));
    await give(chat, inbound('/stop'));
    expect(await received(2)).toEqual(['7: Stopped.', '7: There is nothing to stop.']);
  });

  it('/status and /help are answered without a run', async () => {
    const chat = begin();
    await give(chat, inbound('/status'));
    await give(chat, inbound('/help'));
    const [status, ...help] = await received(4);
    expect([status, help.join()]).toEqual([
      expect.stringContaining('mock/one'),
      expect.stringContaining('/stop'),
    ]);
    expect(chat.jobs).toEqual([]);
  });

  it.each<[string, ConversationConfig, Partial<InboundMessage>, boolean]>([
    ['who is no owner, in the main session', { owners: [8] }, {}, false],
    ['an owner', { owners: [7] }, {}, true],
    ['anybody where no owner is named', {}, {}, true],
    ['whose session it is alone', { owners: [8], session: { dmScope: 'per-peer' } }, {}, true],
    ['who is no owner, in a group', { owners: [8], session: { dmScope: 'per-peer' } }, group('g'), false],
  ])('may be given by: %s', async (_, config, more, may) => {
    const chat = begin(config);
    await give(chat, inbound('/new', more));
    expect(chat.counted()).toEqual([may ? 'command reset' : 'command refused']);
    expect((await received(1))[0]).toContain(may ? 'new conversation' : 'Only the owner');
  });
});

describe('messages that come close together', () => {
  it('become one run, each on disk before it is acknowledged', async () => {
    const chat = begin({ debounceMs: 100 });
    for (const text of ['one', 'two', 'three']) await give(chat, inbound(text));
    expect(await disk.store.runs.open()).toHaveLength(3);
    expect(chat.jobs).toEqual([]);
    await chat.answer(0, 'all');
    expect(await received(1)).toEqual(['7: all']);
    expect(await chat.said(MAIN)).toEqual(['user: one', 'user: two', 'user: three', 'assistant: all']);
    expect(chat.jobs).toHaveLength(1);
  });

  it('are runs of their own when others wrote them', async () => {
    const chat = begin({ debounceMs: 100 });
    await give(chat, inbound('one', group('g')));
    await give(chat, inbound('two', group('g', { sender: { id: '8', name: 'Bob' } })));
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
    await give(chat, inbound('Hello', group('g')));
    await waitFor('the run', async () => chat.jobs[0]);
    await chat.messages.stop();
    await slow;
  });
});

describe('people who are not known', () => {
  const stranger = (text = 'Hello', id = '7'): InboundMessage =>
    inbound(text, { peer: { kind: 'direct', id }, sender: { id, name: `N${id}` } });
  beforeEach(() => {
    network.policy = { ...openPolicy, dmPolicy: 'pairing' };
  });

  it('get a code once, and are heard when that is approved', async () => {
    const chat = begin();
    await give(chat, stranger('first'));
    await give(chat, stranger('second'));
    const [request] = await chat.messages.pairing.list();
    const code = request?.code ?? '';
    expect(request).toMatchObject({ channel: 'net', accountId: 'a', sender: '7', name: 'N7' });
    expect(code).toMatch(/^[A-Z2-9]{8}$/);
    expect((await received(1)).join()).toContain('does not know you');
    await waitFor('the code', async () => network.messages.some(({ text }) => text.includes(code)));
    expect([chat.jobs, chat.log]).toEqual([[], expect.arrayContaining(['pairing request'])]);
    expect(chat.log.join()).not.toContain(code);
    expect(chat.counted()).toEqual(['pairing asked', 'pairing asked_before']);
    expect(await chat.messages.pairing.approve('net', code.toLowerCase())).toMatchObject({ sender: '7' });
    expect(await chat.messages.pairing.approve('net', code)).toBeUndefined();
    await give(chat, stranger('third'));
    await waitFor('the run', async () => chat.jobs[0]);
    expect(await chat.said(MAIN)).toEqual(['user: third']);
    expect(chat.events.map(([name]) => name)).toEqual(['channel.pair.requested', 'channel.pair.resolved']);
    expect(await chat.messages.pairing.list('net')).toEqual([]);
  });

  it('are turned away, and may ask again', async () => {
    const chat = begin();
    await give(chat, stranger());
    const [request] = await chat.messages.pairing.list('net');
    expect(await chat.messages.pairing.reject('net', 'AAAAAAAA')).toBeUndefined();
    expect(await chat.messages.pairing.reject('net', request?.code ?? '')).toMatchObject({ sender: '7' });
    await give(chat, stranger());
    const [again] = await chat.messages.pairing.list('net');
    expect(again?.code).not.toBe(request?.code);
  });

  it('are not answered while too many ask', async () => {
    const chat = begin();
    for (const id of ['1', '2', '3', '4']) await give(chat, stranger('Hello', id));
    expect(await chat.messages.pairing.list()).toHaveLength(3);
    expect(chat.counted()).toEqual(['pairing asked', 'pairing too_many_ask']);
  });
});

describe('an answer that is shown while it is written', () => {
  const streaming = (): void => {
    network = fakeNetwork({ edits: true });
    Object.assign(network.account.account, { streams: true });
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
    await waitFor('the change', async () => network.edits.length > 0);
    await chat.answer(0, 'all of it, and so long that it does not fit in one message.');
    await waitFor('the rest', async () => network.messages[1]);
    expect(network.messages.map(({ text }) => text)).toEqual([
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
    expect(network.messages[0]?.text).toBe('Half of');
    expect(network.messages.filter(({ text }) => text.includes('Half'))).toHaveLength(1);
  });

  it.each(['refused', 'lost'] as const)(
    'is a message of its own when the first part of it is %s',
    async (reaction) => {
      streaming();
      const left = [reaction];
      network.react = () => left.pop() ?? 'ok';
      const chat = begin();
      await give(chat, inbound('Hello'));
      await says(chat, 'Half');
      await waitFor('the draft', async () => network.sends[0]);
      await chat.answer(0, ' and half');
      await waitFor('the answer', async () => network.messages.find(({ text }) => text === 'Half and half'));
    },
  );
});
