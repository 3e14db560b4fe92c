/** Who is heard over a chat network. */
import { describe, expect, it, beforeEach } from 'vitest';
import type { AccountPolicy } from '../../../src/primary/channels/accounts.js';
import type { InboundMessage } from '../../../src/primary/channels/channel.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { waitFor } from '../../support/wait-for.js';
import { inbound, type ConversationConfig } from './support/conversation.js';
import { openPolicy } from './support/fake-network.js';
import { inGroup, MAIN, scene } from './support/scene.js';

const at = scene();
const { begin, give, received } = at;

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

  it.each<[string, AccountPolicy, Partial<InboundMessage>, ConversationConfig, string]>([
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
    [
      'not who has an identity’s name as an id',
      { ...people, allowFrom: ['Ann'] },
      { sender: { id: 'ann' } },
      linked,
      'dropped sender_not_in_allowlist',
    ],
    [
      'no owner who has an identity’s name as an alias',
      { ...openPolicy, dmPolicy: 'pairing' },
      { sender: { id: '9', aliases: ['Ann'] } },
      { ...linked, owners: ['ann'] },
      'pairing asked',
    ],
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
    ['any group', openPolicy, inGroup('g'), {}, 'run'],
    ['no group', { ...openPolicy, groupPolicy: 'disabled' }, inGroup('g'), {}, 'dropped disabled'],
    [
      'a group without a mention: no',
      openPolicy,
      inGroup('g', { mentioned: false }),
      {},
      'dropped mention_required',
    ],
    ['a group that is listed', groups({ G: {} }), inGroup('g'), {}, 'run'],
    ['not a group that is not listed', groups({ g: {} }), inGroup('h'), {}, 'dropped not_in_allowlist'],
    ['a group by *', groups({ '*': {} }), inGroup('h'), {}, 'run'],
    [
      'not a group that is off',
      groups({ '*': {}, h: { enabled: false } }),
      inGroup('h'),
      {},
      'dropped disabled',
    ],
    [
      'a group that needs no mention',
      groups({ g: { requireMention: false } }),
      inGroup('g', { mentioned: false }),
      {},
      'run',
    ],
    ['who is listed in a group', groups({ g: { allowFrom: ['7'] } }), inGroup('g'), {}, 'run'],
    [
      'not who is not listed in a group',
      groups({ g: { allowFrom: ['8'] } }),
      inGroup('g'),
      {},
      'dropped sender_not_in_allowlist',
    ],
    [
      'an open group whose entry is off: no',
      groups({ g: { enabled: false } }, 'open'),
      inGroup('g'),
      {},
      'dropped disabled',
    ],
  ])('%s', async (_, policy, more, config, expected) => {
    at.network.policy = policy;
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

  it.each<[string, Readonly<Record<string, unknown>>, 'run none' | 'dropped session_policy']>([
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
    const chat = begin({ session });
    await give(chat, inbound('Hello'));
    expect(chat.counted()).toEqual([expected]);
  });

  it('a session that takes no messages gets none', async () => {
    const chat = begin();
    await at.disk.store.commit([
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

describe('people who are not known', () => {
  const stranger = (text = 'Hello', id = '7'): InboundMessage =>
    inbound(text, { peer: { kind: 'direct', id }, sender: { id, name: `N${id}` } });
  beforeEach(() => {
    at.network.policy = { ...openPolicy, dmPolicy: 'pairing' };
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
    await waitFor('the code', async () => at.network.messages.some(({ text }) => text.includes(code)));
    expect([chat.jobs, chat.log]).toEqual([
      [],
      expect.arrayContaining(['pairing request of 7 (net a): pllan pairing list']),
    ]);
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

  it('have one place, whatever name they take', async () => {
    const chat = begin();
    for (const id of ['a!u@h', 'b!u@h', 'c!u@h']) {
      const { sender, ...more } = stranger('Hello', id);
      await give(chat, { ...more, sender: { ...sender, origin: 'u@h' } });
    }
    await give(chat, stranger('Hello', 'd!v@h'));
    const waiting = await chat.messages.pairing.list();
    expect(waiting.map(({ sender }) => sender)).toEqual(['a!u@h', 'd!v@h']);
  });

  it('are not answered while too many ask', async () => {
    const chat = begin();
    for (const id of ['1', '2', '3', '4']) await give(chat, stranger('Hello', id));
    expect(await chat.messages.pairing.list()).toHaveLength(3);
    expect(chat.counted()).toEqual(['pairing asked', 'pairing too_many_ask']);
  });
});
