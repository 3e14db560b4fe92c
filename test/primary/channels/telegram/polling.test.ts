/** Messages that the server is asked for: each is taken once, in its chat's order, and forgotten by the server only then. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../../src/shared/deferred.js';
import { tooManyRequests } from '../../../support/fake-bot-api/faults.js';
import { testHost } from '../support/host.js';
import { botApiFor, openAccount, runAccount } from './support/account.js';
import { waitFor, within } from '../../../support/wait-for.js';

const textsOf = (messages: readonly { readonly text: string }[]): string[] =>
  messages.map(({ text }) => text);

describe('a bot that asks for its messages', () => {
  it('says who it is, takes what comes and confirms it', async (test) => {
    const fake = await botApiFor(test);
    const { host } = await runAccount(test, fake);
    expect(host.connections).toEqual([{ bot: '@pllan_test_bot' }]);
    fake.say({ text: 'Hello' });
    await waitFor('the message', () => host.messages.length === 1);
    await waitFor('its confirmation', () => fake.waiting.length === 0);
    expect(host.messages).toMatchObject([
      {
        peer: { kind: 'direct', id: '1001' },
        sender: { id: '1001', name: 'Ada' },
        text: 'Hello',
        attachments: [],
      },
    ]);
  });

  it('confirms nothing that is not taken yet, while other chats go on', async (test) => {
    const fake = await botApiFor(test);
    const { host } = await runAccount(test, fake);
    const stuck = deferred<void>();
    host.beforeTaking = ({ text }) => (text === 'stuck' ? stuck.promise : undefined);
    fake.say({ text: 'stuck', chat: { id: 1 } });
    fake.say({ text: 'after it', chat: { id: 1 } });
    await waitFor('the call after it', () => fake.waiting.length === 2);
    fake.say({ text: 'elsewhere', chat: { id: 2 } });
    await waitFor('the other chat', () => host.messages.length === 1);
    expect(textsOf(host.messages)).toEqual(['elsewhere']);
    expect(fake.waiting).toHaveLength(3);
    stuck.resolve();
    await waitFor('all confirmed', () => fake.waiting.length === 0);
    expect(textsOf(host.messages)).toEqual(['elsewhere', 'stuck', 'after it']);
  });

  it('offers again what cannot be taken now, before what came later', async (test) => {
    const fake = await botApiFor(test);
    const { host } = await runAccount(test, fake);
    let refusals = 2;
    host.beforeTaking = () => {
      refusals -= 1;
      if (refusals >= 0) throw new Error('the disk is full');
    };
    fake.say({ text: 'one' });
    fake.say({ text: 'two' });
    await waitFor('both', () => host.messages.length === 2);
    expect(textsOf(host.messages)).toEqual(['one', 'two']);
  });

  it('goes on from where it was when it starts again', async (test) => {
    const fake = await botApiFor(test);
    const first = await runAccount(test, fake);
    fake.say({ text: 'one' });
    await waitFor('one', () => first.host.messages.length === 1);
    expect(await first.running.stop()).toBeUndefined();
    fake.say({ text: 'two' });
    const second = openAccount(test, fake, {}, first.host);
    second.run();
    await waitFor('two', () => second.host.messages.length === 2);
    expect(textsOf(second.host.messages)).toEqual(['one', 'two']);
  });

  it('does not trust an offset that is a week old, since numbers may have begun anew', async (test) => {
    const fake = await botApiFor(test);
    const weekAgo = Date.now() - 7 * 86_400_000;
    const host = testHost();
    host.memories.set(`offset:${fake.bot.id}`, `999999999 ${weekAgo}`);
    fake.say({ text: 'with a small number' });
    openAccount(test, fake, {}, host).run();
    await waitFor('the message', () => host.messages.length === 1);
  });

  it('takes the same update once', async (test) => {
    const fake = await botApiFor(test);
    const { host } = await runAccount(test, fake);
    const held = deferred<void>();
    host.beforeTaking = () => held.promise;
    const update = fake.say({ text: 'once' });
    await waitFor(
      'a second call',
      () => fake.calls.filter(({ method }) => method === 'getUpdates').length > 2,
    );
    fake.repeat(update, update.update_id);
    held.resolve();
    await waitFor('confirmed', () => fake.waiting.length === 0);
    expect(textsOf(host.messages)).toEqual(['once']);
  });

  it('removes a webhook, without which the server would not answer', async (test) => {
    const fake = await botApiFor(test);
    await fetch(`${fake.apiRoot}/bot${fake.token}/setWebhook?url=http://127.0.0.1:9/`);
    const { host } = await runAccount(test, fake);
    fake.say({ text: 'Hello' });
    await waitFor('the message', () => host.messages.length === 1);
  });

  it('is lost with clear words when another program asks for its messages', async (test) => {
    const fake = await botApiFor(test);
    const { running } = await runAccount(test, fake);
    await fetch(`${fake.apiRoot}/bot${fake.token}/getUpdates`);
    expect(await within('its end', running.ended)).toMatchObject({
      name: 'ChannelError',
      kind: 'lost',
      message: expect.stringContaining('another program takes this bot') as string,
      retryAfterMs: 30_000,
    });
  });

  it('waits as long as the server wants it to', async (test) => {
    const fake = await botApiFor(test);
    fake.faults.add('getUpdates', tooManyRequests(1));
    const { host } = await runAccount(test, fake);
    fake.say({ text: 'Hello' });
    await waitFor('the message', () => host.messages.length === 1);
    expect(fake.tooFast).toBe(0);
  });

  it.each([
    ['a server with a moment of trouble', { kind: 'error', code: 500, description: 'Internal Server Error' }],
    ['a proxy that finds no server', { kind: 'proxy', status: 502 }],
    ['a connection that breaks', { kind: 'reset', done: false }],
  ] as const)('outlives %s', async (_, fault) => {
    const fake = await botApiFor({ onTestFinished });
    const { host } = await runAccount({ onTestFinished }, fake);
    fake.faults.add('getUpdates', fault, 2);
    fake.say({ text: 'one' });
    await waitFor('the first', () => host.messages.length === 1);
    await waitFor('the failures', () => fake.faults.left === 0);
    fake.say({ text: 'two' });
    await waitFor('the second', () => host.messages.length === 2);
  });

  it('is lost when the server stays away', async (test) => {
    const fake = await botApiFor(test);
    const { running } = await runAccount(test, fake);
    await fake.down();
    expect(await within('its end', running.ended)).toMatchObject({
      kind: 'lost',
      message: expect.stringContaining('Telegram does not answer') as string,
    });
    await fake.up();
  });

  it('is lost as well while a message waits to be taken, and takes it when it is back', async (test) => {
    const fake = await botApiFor(test);
    const { host, running } = await runAccount(test, fake);
    host.beforeTaking = () => {
      throw new Error('the disk is full');
    };
    fake.say({ text: 'patient' });
    await waitFor('a refusal', () => host.lines.some((line) => line.includes('the disk is full')));
    await fetch(`${fake.apiRoot}/bot${fake.token}/setWebhook?url=http://127.0.0.1:9/`);
    expect(await within('its end', running.ended)).toMatchObject({ kind: 'lost' });
    host.beforeTaking = () => undefined;
    openAccount(test, fake, {}, host).run();
    await waitFor('the message', () => host.messages.length === 1);
  });

  it('ends a call that hangs as soon as it is stopped', async (test) => {
    const fake = await botApiFor(test);
    const { running } = await runAccount(test, fake);
    await waitFor('a long call', () => fake.calls.at(-1)?.values.timeout === 30);
    expect(await within('its end', running.stop(), 2_000)).toBeUndefined();
  });

  it.each([
    ['is refused', '123456:AAwrong'],
    ['has not the form of one', 'no/token'],
    ['the server does not know', 'nonsense'],
  ])('is refused with a token that %s', async (_, botToken) => {
    const fake = await botApiFor({ onTestFinished });
    const { run, host } = openAccount({ onTestFinished }, fake, { botToken });
    const error = await run().ended;
    expect(error).toMatchObject({ name: 'ChannelError', kind: 'refused' });
    expect([error?.message, ...host.lines].join('\n')).not.toContain(botToken);
  });
});
