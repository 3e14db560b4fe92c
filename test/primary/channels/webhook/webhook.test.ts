/** A webhook account by itself: what it takes, what it sends, and what it makes of answers. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ChannelAccount } from '../../../../src/primary/channels/channel.js';
import { channel } from '../../../../src/primary/channels/webhook/webhook.js';
import type { WebhookConfig } from '../../../../src/shared/channels/webhook/config.js';
import { sign, signatureCheck, signingKey } from '../../../../src/shared/channels/standard-webhooks.js';
import { waitFor } from '../../../support/wait-for.js';
import { part, testHost, type TestHost } from '../support/host.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const never = new AbortController().signal;

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Who takes what is sent, and answers as the test says. */
async function receiver(
  answer: (response: ServerResponse, received: Received) => void,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body };
      received.push(one);
      answer(response, one);
    });
  });
  onTestFinished(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${await listening(server)}/in`, received };
}

const ok = (response: ServerResponse): void => void response.end('{}');

function run(config: WebhookConfig, host: TestHost = testHost()): ChannelAccount {
  const account = channel.open(config, host);
  const end = new AbortController();
  const ended = account.run(end.signal);
  onTestFinished(async () => {
    end.abort();
    await ended;
  });
  return account;
}

describe('an account', () => {
  it('is connected while it runs', async () => {
    const host = testHost();
    const account = channel.open({ secret: SECRET, url: 'https://example.com/x?y' }, host);
    const end = new AbortController();
    const ended = account.run(end.signal);
    expect(host.connections).toEqual([{ receiver: 'https://example.com' }]);
    end.abort();
    await ended;
  });

  it.each([{}, { secret: 'whsec_' }])('without a secret does not run: %j', async (config) => {
    await expect(channel.open(config, testHost()).run(never)).rejects.toMatchObject({ kind: 'refused' });
  });
});

describe('sending', () => {
  it('posts a part, signed, under its id', async () => {
    const { url, received } = await receiver(ok);
    const account = run({ url, secret: SECRET, previousSecret: 'older' });
    const route = { ...part('', 'ops').route, kind: 'group' as const, threadId: '7' };
    const sent = part('héllo', 'ops', { route, replyToId: 'm1', media: { url: 'https://x.y/z.png' } });
    expect(await account.send(sent, never)).toEqual({ messageId: sent.id });
    const [{ headers, body, url: path } = { headers: {}, body: '', url: '' }] = received;
    expect([path, headers['content-type'], headers['webhook-id']]).toEqual([
      '/in',
      'application/json',
      sent.id,
    ]);
    expect(JSON.parse(body)).toEqual({
      type: 'message',
      id: sent.id,
      accountId: 'default',
      conversation: { kind: 'group', id: 'ops', threadId: '7' },
      text: 'héllo',
      media: { url: 'https://x.y/z.png' },
      replyToId: 'm1',
    });
    for (const secret of [SECRET, 'older'])
      expect(
        signatureCheck(
          [signingKey(secret) ?? ''],
          headers as Record<string, string>,
          Date.now() / 1000,
        )?.(body),
      ).toBe(true);
  });

  it.each([
    [500, 'not-sent'],
    [503, 'not-sent'],
    [429, 'not-sent'],
    [408, 'not-sent'],
    [302, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [410, 'refused'],
  ])('that is answered %d is %s', async (status, kind) => {
    const { url, received } = await receiver((response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(),
    );
    await expect(run({ url, secret: SECRET }).send(part('x', 'a'), never)).rejects.toMatchObject({ kind });
    expect(received).toHaveLength(1);
  });

  it.each([
    ['seconds', () => '7', 7_000, 7_000],
    ['a date', () => new Date(Date.now() + 60_000).toUTCString(), 55_000, 60_000],
  ])('passes on for how long to wait, in %s', async (_form, value, least, most) => {
    const { url } = await receiver((response) => response.writeHead(429, { 'retry-after': value() }).end());
    const failure: unknown = await run({ url, secret: SECRET })
      .send(part('x', 'a'), never)
      .catch((error: unknown) => error);
    const { retryAfterMs } = failure as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });

  it('that is not answered may be sent again, under the same id', async () => {
    let times = 0;
    const { url, received } = await receiver((response) => {
      times += 1;
      if (times === 1) response.socket?.destroy();
      else ok(response);
    });
    const account = run({ url, secret: SECRET });
    const sent = part('x', 'a');
    await expect(account.send(sent, never)).rejects.toMatchObject({ kind: 'not-sent' });
    await account.send(sent, never);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([sent.id, sent.id]);
  });

  it('gives up on a receiver that does not answer in time, or is not there', async () => {
    const silent = createTcpServer(() => {});
    const port = await listening(silent);
    const account = run({ url: `http://127.0.0.1:${port}/`, secret: SECRET, timeoutMs: 50 });
    await expect(account.send(part('x', 'a'), never)).rejects.toMatchObject({ kind: 'not-sent' });
    const gone = createTcpServer();
    const free = await listening(gone);
    gone.close();
    await expect(
      run({ url: `http://127.0.0.1:${free}/`, secret: SECRET }).send(part('x', 'a'), never),
    ).rejects.toMatchObject({ kind: 'not-sent', message: 'the receiver did not answer: ECONNREFUSED' });
  });

  it('does not read an answer without end', async () => {
    let sentBytes = 0;
    const { url } = await receiver((response) => {
      const more = (): void => {
        sentBytes += 65_536;
        if (!response.destroyed && response.write(Buffer.alloc(65_536))) setImmediate(more);
      };
      response.on('drain', more);
      more();
    });
    await run({ url, secret: SECRET, timeoutMs: 20_000 }).send(part('x', 'a'), never);
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  });

  it('has nowhere to go without a url', async () => {
    await expect(run({ secret: SECRET }).send(part('x', 'a'), never)).rejects.toMatchObject({
      kind: 'refused',
    });
  });

  it('cuts only what is very long', () => {
    const account = run({ secret: SECRET });
    const { route } = part('', 'a');
    expect(account.split('a\n\nb', route)).toEqual(['a\n\nb']);
    expect(account.split('word '.repeat(30_000), route).length).toBeGreaterThan(1);
  });
});

describe('a probe', () => {
  it('is a signed ping that must be answered with success', async () => {
    let status = 204;
    const { url, received } = await receiver((response) => response.writeHead(status).end());
    const account = run({ url, secret: SECRET });
    await account.probe(never);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ type: 'ping', accountId: 'default' });
    status = 401;
    await expect(account.probe(never)).rejects.toThrow('the receiver answered 401');
  });
});

describe('a message', () => {
  const content = {
    conversation: { kind: 'group', id: 'ops', threadId: 't1', title: 'Operations' },
    sender: { id: 'ann', name: 'Ann' },
    text: 'hello',
    mentioned: true,
    replyToId: 'm0',
    attachments: [{ url: 'https://example.com/a.png', mimeType: 'image/png', filename: 'a.png' }],
  };
  const seconds = 1_700_000_000;
  const request = (body: unknown, id = 'msg_1') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { headers: sign(text, { id, seconds }, []), body: text };
  };
  const send = async (account: ChannelAccount, body: unknown, id?: string): Promise<[number, unknown]> => {
    const answer = await account.received?.(request(body, id));
    return [answer?.status ?? 0, JSON.parse(answer?.body ?? 'null')];
  };

  it('is taken as it is', async () => {
    const host = testHost();
    const account = run({ secret: SECRET }, host);
    expect(await send(account, content)).toEqual([200, { ok: true, id: 'msg_1' }]);
    expect(host.messages).toMatchObject([
      {
        id: 'msg_1',
        peer: { kind: 'group', id: 'ops', threadId: 't1' },
        sender: { id: 'ann', name: 'Ann' },
        title: 'Operations',
        text: 'hello',
        mentioned: true,
        replyToId: 'm0',
        sentAt: seconds * 1000,
        attachments: [{ kind: 'image', mimeType: 'image/png', filename: 'a.png' }],
      },
    ]);
  });

  it('is answered once it is on disk, and taken once', async () => {
    const host = testHost();
    const account = run({ secret: SECRET }, host);
    let store: (() => void) | undefined;
    host.beforeTaking = () => new Promise<void>((resolve) => (store = resolve));
    const both = [send(account, content), send(account, content)];
    let answered = 0;
    for (const one of both) void one.then(() => (answered += 1));
    const stored = await waitFor('the message', () => store);
    expect(answered).toBe(0);
    stored();
    expect(await Promise.all(both)).toEqual([
      [200, { ok: true, id: 'msg_1' }],
      [200, { ok: true, id: 'msg_1', duplicate: true }],
    ]);
    expect(await send(run({ secret: SECRET }, host), content)).toEqual([
      200,
      { ok: true, id: 'msg_1', duplicate: true },
    ]);
    expect(host.messages).toHaveLength(1);
  });

  it('that has the id of another is 409', async () => {
    const host = testHost();
    const account = run({ secret: SECRET }, host);
    await send(account, content);
    expect((await send(account, { ...content, text: 'other' }))[0]).toBe(409);
    expect((await send(account, { ...content, text: 'other' }, 'msg_2'))[0]).toBe(200);
    expect(host.messages.map(({ text }) => text)).toEqual(['hello', 'other']);
  });

  it('that could not be taken may come again', async () => {
    const host = testHost();
    const account = run({ secret: SECRET }, host);
    host.beforeTaking = () => Promise.reject(new Error('the disk is full'));
    await expect(send(account, content)).rejects.toThrow('the disk is full');
    host.beforeTaking = () => {};
    expect(await send(account, content)).toEqual([200, { ok: true, id: 'msg_1' }]);
  });

  it.each([
    ['no JSON', '{'],
    ['no conversation', { ...content, conversation: undefined }],
    ['another kind', { ...content, conversation: { kind: 'room', id: 'x' } }],
    ['a key that there is not', { ...content, more: 1 }],
    ['an id with a line break', { ...content, sender: { id: 'a\nb' } }],
    ['a file that is no web address', { ...content, attachments: [{ url: 'file:///etc/passwd' }] }],
    [
      'too many files',
      { ...content, attachments: Array.from({ length: 17 }, () => ({ url: 'https://a/' })) },
    ],
    ['what this gateway has sent itself', { ...content, type: 'message', id: 'x', accountId: 'default' }],
  ])('with %s is 400', async (_what, body) => {
    const host = testHost();
    const [status, answer] = await send(run({ secret: SECRET }, host), body);
    expect([status, answer]).toMatchObject([400, { ok: false }]);
    expect(host.messages).toEqual([]);
  });

  it('that is a ping is answered and is for nobody', async () => {
    const host = testHost();
    expect(await send(run({ secret: SECRET }, host), { type: 'ping' })).toEqual([200, { ok: true }]);
    expect(host.messages).toEqual([]);
  });

  it('does not make the gateway ask its own network for a file', async () => {
    const host = testHost();
    const account = run({ secret: SECRET }, host);
    const { url } = await receiver(ok);
    await send(account, { ...content, attachments: [{ url }] });
    await expect(host.messages[0]?.attachments[0]?.fetch(1_000, never)).rejects.toThrow(
      'not on the public internet',
    );
  });
});
