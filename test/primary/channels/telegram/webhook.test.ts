/** Messages that the server sends to the gateway. Its port is played by the test, which hands over what has come. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { credentialCheck } from '../../../../src/shared/auth/credential.js';
import { telegramProof } from '../../../../src/shared/channels/telegram/proof.js';
import { botApiFor, openAccount, runAccount, type TestAccount } from './support/account.js';
import { waitFor } from '../../../support/wait-for.js';

const webhookSecret = 'shown-with-each-request_1';

/** A port whose requests go to an account as a worker and the primary pass them on. */
async function port(test: Pick<TestContext, 'onTestFinished'>) {
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  let opened: TestAccount | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers });
      const body = Buffer.concat(chunks).toString();
      const answer = opened?.account.received?.({ headers: {}, body }) ?? Promise.resolve({ status: 502 });
      void answer.then(({ status }) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    config: { webhookUrl: `http://127.0.0.1:${port}/`, webhookSecret },
    serves: (account: TestAccount) => void (opened = account),
  };
}

describe('a bot whose messages are sent to it', () => {
  it('takes what comes to the path of its account, with the secret', async (test) => {
    const fake = await botApiFor(test);
    const { config, requests, serves } = await port(test);
    const opened = await runAccount(test, fake, config);
    serves(opened);
    expect(opened.account.mode).toBe('webhook');
    fake.say({ text: 'Hello' });
    await waitFor('its answer', () => fake.waiting.length === 0);
    expect(opened.host.messages).toMatchObject([{ text: 'Hello', peer: { id: '1001' } }]);
    expect(requests[0]?.path).toBe('/channels/telegram/default');
    const proof = telegramProof(config);
    if (proof?.kind !== 'header') throw new Error('not known by a header');
    const isRight = credentialCheck(proof.credential);
    expect(isRight(String(requests[0]?.headers[proof.header]))).toBe(true);
    expect(isRight('another')).toBe(false);
  });

  it('is sent again what it could not take, before what came later in the chat', async (test) => {
    const fake = await botApiFor(test);
    const { config, serves } = await port(test);
    const opened = await runAccount(test, fake, config);
    serves(opened);
    let refusals = 2;
    opened.host.beforeTaking = ({ text }) => {
      if (text !== 'one') return;
      refusals -= 1;
      if (refusals >= 0) throw new Error('the disk is full');
    };
    fake.say({ text: 'one' });
    fake.say({ text: 'two' });
    fake.say({ text: 'elsewhere', chat: { id: 5 } });
    await waitFor('all', () => opened.host.messages.length === 3);
    const inChat = opened.host.messages.filter(({ peer }) => peer.id === '1001');
    expect(inChat.map(({ text }) => text)).toEqual(['one', 'two']);
    expect(fake.webhookFailures).toHaveLength(2);
  });

  it('refuses what is no update, and everything before it is connected', async (test) => {
    const fake = await botApiFor(test);
    const { config } = await port(test);
    const { account, run, host } = openAccount(test, fake, config);
    expect(await account.received?.({ headers: {}, body: '{"update_id":1}' })).toMatchObject({ status: 503 });
    run();
    await waitFor('connected', () => host.connections.length > 0);
    for (const body of ['', 'null', '[]', '{"update_id":"1"}', '{'])
      expect(await account.received?.({ headers: {}, body })).toMatchObject({ status: 400 });
    expect(await account.received?.({ headers: {}, body: '{"update_id":1}' })).toEqual({ status: 200 });
  });

  it('leaves the webhook when it stops: the server keeps what comes', async (test) => {
    const fake = await botApiFor(test);
    const { config, serves } = await port(test);
    const first = await runAccount(test, fake, config);
    expect(await first.running.stop()).toBeUndefined();
    fake.say({ text: 'while it was away' });
    const second = await runAccount(test, fake, config);
    serves(second);
    await waitFor('the message', () => second.host.messages.length === 1);
  });

  it.each([
    [{ webhookUrl: 'https://example.org' }, 'webhookUrl needs webhookSecret'],
    [{ webhookUrl: 'https://example.org', webhookSecret: 'not so good' }, 'webhookSecret must have'],
  ])('is refused with %j', async (config, message) => {
    const fake = await botApiFor({ onTestFinished });
    const { run } = openAccount({ onTestFinished }, fake, config);
    expect(await run().ended).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(message) as string,
    });
  });
});
