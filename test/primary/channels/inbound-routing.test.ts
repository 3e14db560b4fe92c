/** Whose session a message of a chat network belongs to, and what it may command. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/primary/channels/channel.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { waitFor } from '../../support/wait-for.js';
import { inbound, type ConversationConfig } from './support/conversation.js';
import { inGroup, MAIN, scene } from './support/scene.js';

const at = scene();
const { begin, give, received } = at;

const digest = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 16);

describe('whose session it is', () => {
  const scope = (dmScope: string, links: object = {}): ConversationConfig => ({
    session: { dmScope, identityLinks: links },
  });
  it.each<[string, Partial<InboundMessage>, ConversationConfig, string]>([
    ['the main one', {}, scope('main'), MAIN],
    ['the person’s', {}, scope('per-peer'), 'agent:main:direct:7'],
    ['the identity’s', {}, scope('per-peer', { Ann: ['net:7'] }), 'agent:main:direct:ann'],
    [
      'not that of an identity whose name is their id',
      { peer: { kind: 'direct', id: 'ann' }, sender: { id: 'ann' } },
      scope('per-channel-peer', { ann: ['net:7'] }),
      'agent:main:net:direct:net:ann',
    ],
    ['that of another identity: no', {}, scope('per-peer', { Bob: ['net:8'] }), 'agent:main:direct:7'],
    ['the person’s in the network', {}, scope('per-channel-peer'), 'agent:main:net:direct:7'],
    ['the person’s at the account', {}, scope('per-account-channel-peer'), 'agent:main:net:a:direct:7'],
    ['the group’s', inGroup('g1'), scope('main'), 'agent:main:net:group:g1'],
    ['that of a group whose id is in capitals', inGroup('G1'), {}, `agent:main:net:group:g1~${digest('G1')}`],
    [
      'that of a group which has the name of a thread',
      inGroup('c:thread:5'),
      {},
      `agent:main:net:group:c_thread_5~${digest('c:thread:5')}`,
    ],
    [
      'the channel’s',
      { ...inGroup('c'), peer: { kind: 'channel', id: 'c' } },
      scope('main'),
      'agent:main:net:channel:c',
    ],
    [
      'the thread’s',
      { ...inGroup('c'), peer: { kind: 'group', id: 'c', threadId: '5' } },
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
    [{ channel: 'net', peer: { kind: 'group', id: 'G' } }, inGroup('g'), true],
    [{ channel: 'net', guildId: 'x' }, inGroup('g', { guildId: 'x' }), true],
    [{ channel: 'net', guildId: 'x' }, inGroup('g', { guildId: 'y' }), false],
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
    await give(
      chat,
      inbound('Hello', inGroup('g', { title: 'Friends', sender: { id: '7', name: 'A\nnn' } })),
    );
    await give(chat, inbound('Hello'));
    await give(chat, inbound('Hello', { peer: { kind: 'direct', id: '8' }, sender: { id: '8' } }));
    await waitFor('three runs', async () => chat.jobs[2]);
    expect(chat.jobs.map(({ byStranger }) => byStranger)).toEqual([true, false, true]);
    expect(await chat.said('agent:main:net:group:g')).toEqual(['user: A nn: Hello']);
    const entry = await chat.sessions.get('agent:main:net:group:g' as SessionKey);
    expect(entry).toMatchObject({ displayName: 'Friends', lastTo: 'group:g', chatType: 'group' });
    await chat.answer(0, 'Hi');
    await received(1);
    expect(at.network.messages[0]?.replyToId).toMatch(/^n\d+$/);
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
    ['who is no owner, in a group', { owners: [8], session: { dmScope: 'per-peer' } }, inGroup('g'), false],
  ])('may be given by: %s', async (_, config, more, may) => {
    const chat = begin(config);
    await give(chat, inbound('/new', more));
    expect(chat.counted()).toEqual([may ? 'command reset' : 'command refused']);
    expect((await received(1))[0]).toContain(may ? 'new conversation' : 'Only the owner');
  });
});

it('what somebody else says in an owner’s chat is not one message with the owner’s', async () => {
  const chat = begin({ mode: 'collect', owners: ['7'] });
  const says = (text: string, id: string) =>
    give(chat, inbound(text, { id: text, sender: { id }, peer: { kind: 'direct', id: 'room' } }));
  await says('First', '7');
  await waitFor('the run', async () => chat.jobs[0]);
  await says('Mine', '7');
  await says('Theirs', '8');
  await chat.answer(0, 'Done');
  expect(await waitFor('the next', async () => chat.jobs[1])).toMatchObject({ byStranger: false });
  expect(await chat.said(MAIN)).toEqual(['user: First', 'assistant: Done', 'user: Mine']);
  await chat.answer(1, 'Done');
  expect(await waitFor('the last', async () => chat.jobs[2])).toMatchObject({ byStranger: true });
});
