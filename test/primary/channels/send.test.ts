/** What callers of the gateway send to chat networks: `send`, and `deliver` of turns (methods.md §8, runs-and-events.md §14). */
import { describe, expect, it } from 'vitest';
import { replyOf, type DeliveryServices } from '../../../src/primary/control/methods/delivery.js';
import type { Connection } from '../../../src/primary/control/connection.js';
import { sendMethods } from '../../../src/primary/control/methods/send.js';
import type { TurnServices } from '../../../src/primary/control/methods/send-turn.js';
import { hookAnswers } from '../../../src/primary/hooks/hook-answers.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { waitFor } from '../../support/wait-for.js';
import { inbound, type Conversation } from './support/conversation.js';
import { fakeNetwork } from './support/fake-network.js';
import { inGroup, MAIN, scene } from './support/scene.js';

const at = scene();
const { begin, give, received } = at;

const servicesOf = (chat: Conversation): DeliveryServices => ({
  deliveries: chat.messages.deliveries,
  accounts: at.network.accounts,
});
const send = async (chat: Conversation, params: object): Promise<unknown> => {
  const routes = { agents: { main: {} }, defaultAgentId: 'main' };
  const services = {
    ...servicesOf(chat),
    sessions: chat.sessions,
    broadcast: () => {},
    routes: () => routes,
  } as unknown as TurnServices & DeliveryServices;
  const [method] = sendMethods(services);
  const asked = { to: '7', message: 'Hello', idempotencyKey: 'K', hasBuffer: false, ...params };
  return JSON.parse((await method?.answer(asked, {} as Connection, () => {})) ?? '');
};

describe('send', () => {
  it('is answered when the network has it, and a repeat sends nothing', async () => {
    const chat = begin();
    const answer = { runId: 'K', messageId: 'm1', channel: 'net', chatId: '7' };
    expect(await send(chat, { channel: ' Net ', accountId: 'a' })).toEqual(answer);
    expect(await Promise.all([send(chat, {}), send(chat, { message: 'other' })])).toEqual([answer, answer]);
    expect(await received(1)).toEqual(['7: Hello']);
  });

  it('a repeat of a key says where its message went, whatever it asks for itself', async () => {
    const chat = begin();
    await give(chat, inbound('Hi'));
    const answer = { runId: 'K', messageId: 'm1', channel: 'net', chatId: '7' };
    const both = [send(chat, {}), send(chat, { to: '8' })];
    expect(await Promise.all(both)).toEqual([answer, answer]);
    expect(await send(chat, { to: '8', sessionKey: 'main' })).toEqual(answer);
    expect(await send(chat, { channel: 'webchat', to: 'main' })).toEqual(answer);
    const web = await send(chat, { channel: 'webchat', to: 'main', idempotencyKey: 'W' });
    expect(web).toMatchObject({ channel: 'webchat' });
    expect(await send(chat, { idempotencyKey: 'W' })).toEqual(web);
    expect(await received(1)).toEqual(['7: Hello']);
    expect(await chat.said(MAIN)).toEqual(['user: Hi', 'assistant: Hello']);
  });

  it('shows the session what was sent, once', async () => {
    const chat = begin();
    await give(chat, inbound('Hi'));
    const asked = { sessionKey: 'main', mediaUrls: ['https://a/1'] };
    await Promise.all([send(chat, asked), send(chat, asked)]);
    await send(chat, asked);
    expect(await chat.said(MAIN)).toEqual(['user: Hi', 'assistant: Hello\nhttps://a/1']);
    expect(at.network.messages).toHaveLength(1);
  });

  it('takes threads, answers, silence and files where the network does', async () => {
    at.network = fakeNetwork({ media: true });
    const more = { threadId: '5', replyToId: 'r', silent: true, mediaUrl: 'https://a/1', asVoice: true };
    await send(begin(), { to: 'group:g', ...more });
    expect(at.network.sends).toMatchObject([
      {
        route: { kind: 'group', id: 'g', threadId: '5' },
        text: 'Hello',
        media: { url: 'https://a/1', asVoice: true },
        replyToId: 'r',
        silent: true,
      },
    ]);
  });

  it.each([
    ['refused', 'it is refused'],
    ['lost', '1 of 1 parts may or may not have been sent'],
  ] as const)('that is %s is an error, also when it is repeated', async (reaction, error) => {
    at.network.react = () => reaction;
    const chat = begin();
    for (let n = 0; n < 2; n += 1) await expect(send(chat, {})).rejects.toThrow(error);
    expect(at.network.sends).toHaveLength(1);
  });

  it.each([
    [{ channel: 'pigeon' }, 'unsupported channel: pigeon'],
    [{ accountId: 'x' }, 'channel net has no account x that is enabled'],
    [{ message: ' ' }, 'text or media is required'],
    [{ sessionKey: 'agent:nobody:x' }, 'invalid send params: unknown agent id "nobody"'],
  ])('%j is refused', async (params, error) => {
    await expect(send(begin(), params)).rejects.toThrow(error);
  });
});

describe('the answer of a turn goes', () => {
  const route = { channel: 'net', accountId: 'a', kind: 'direct', id: '7' } as const;
  const asked = (chat: Conversation, params: object) =>
    replyOf({ deliver: true, ...params }, MAIN as SessionKey, servicesOf(chat));

  it('where it is told to', async () => {
    const chat = begin();
    expect(await asked(chat, { deliver: false, channel: 'pigeon' })).toBeUndefined();
    expect(await asked(chat, { channel: 'webchat' })).toBeUndefined();
    expect(await asked(chat, { channel: 'net', to: '7' })).toEqual({ route, kind: 'agent' });
    expect(await asked(chat, { channel: 'webchat', replyChannel: 'net', to: '8', replyTo: '7' })).toEqual({
      route,
      kind: 'agent',
    });
  });

  it('where the last message came from', async () => {
    const chat = begin();
    await give(chat, inbound('Hi'));
    expect(await asked(chat, {})).toMatchObject({ route });
    expect(await asked(chat, { channel: 'net' })).toMatchObject({ route });
    at.network.accounts.find = () => undefined;
    await expect(asked(chat, {})).rejects.toThrow('delivery channel is required');
  });

  it.each([
    [
      {},
      'delivery channel is required: pass --channel/--reply-channel or use a main session with a previous channel',
    ],
    [{ channel: 'pigeon', to: '7' }, 'unsupported channel: pigeon'],
    [{ channel: 'net' }, 'to is required'],
  ])('nowhere with %j, which is refused unless that does not matter', async (params, error) => {
    const chat = begin();
    await expect(asked(chat, params)).rejects.toThrow(error);
    expect(await asked(chat, { ...params, bestEffortDeliver: true })).toBeUndefined();
  });

  it('from a web hook where the last message to the main session came from', async () => {
    const chat = begin();
    const answers = hookAnswers({
      runs: chat.runs,
      sessions: chat.sessions,
      channels: chat,
      timeoutMs: () => 60_000,
      wake: async () => {},
    });
    const run = (runId: string, deliver: object | undefined) =>
      answers['hook-run'](
        {
          runId,
          http: { created: 1 },
          key: `agent:main:hook:${runId}` as SessionKey,
          agentId: 'main',
          message: 'Do',
          model: undefined,
          thinking: undefined,
          timeoutMs: undefined,
          name: 'Hook',
          wakeMode: 'next-heartbeat',
          deliver: deliver as never,
        },
        AbortSignal.timeout(60_000),
        { slot: 1 },
      );
    const last = { channel: 'last', to: undefined, accountId: undefined };
    expect(await run('A', last)).toBe('accepted');
    await chat.answer(0, 'to nobody');
    await give(chat, inbound('Hi', inGroup('g')));
    await give(chat, inbound('Hi'));
    expect(await run('B', last)).toBe('accepted');
    expect(await run('C', { ...last, channel: 'net', to: '9' })).toBe('accepted');
    expect(await run('D', { ...last, channel: 'pigeon', to: '9' })).toBe('no-route');
    expect(await run('E', undefined)).toBe('accepted');
    await waitFor('all', async () => chat.jobs.length === 6);
    for (const job of chat.jobs.slice(3)) await chat.answer(chat.jobs.indexOf(job), `of ${job.runId}`);
    expect((await received(2)).toSorted()).toEqual(['7: of B', '9: of C']);
  });
});

it('the owner is reached where the config says', () => {
  const owner = (...owners: (string | number)[]) => begin({ owners }).messages.deliveries.ownerRoute();
  expect(owner()).toBeUndefined();
  expect(owner('*', '@ann', 'pigeon:1')).toBeUndefined();
  expect(owner('pigeon:1', 'net:7', 8)).toMatchObject({ channel: 'net', kind: 'direct', id: '7' });
  expect(owner(8)).toMatchObject({ id: '8' });
});

it('what is for an owner never goes to a namesake in another network', () => {
  Object.assign(at.network.accounts, { channels: ['net', 'mail'] });
  const identityLinks = { ann: ['mail:1', 'net:7'], Bob: ['8'] };
  const route = (...owners: (string | number)[]) => {
    const { messages, log } = begin({ owners, session: { identityLinks } });
    return { route: messages.deliveries.ownerRoute(), log };
  };
  const { route: none, log } = route(8, 'Bob');
  expect(none).toBeUndefined();
  expect(log).toEqual([
    'commands.ownerAllowFrom: 8 may be somebody else in net or mail: write it as net:8, or whichever it is',
  ]);
  expect(route('Ann').route).toMatchObject({ channel: 'net', id: '7' });
  expect(route(8, 'net:9').route).toMatchObject({ channel: 'net', id: '9' });
});
