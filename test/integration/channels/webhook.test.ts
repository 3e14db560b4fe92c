/** A webhook account of a real gateway, both ways (docs/channels/webhook.md). */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { inFull } from '../../support/in-full.js';
import { openRaw } from '../../support/raw-connection.js';
import { answer } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';
import {
  messageOf,
  postSigned,
  startReceiver,
  WEBHOOK_SECRET,
  type WebhookReceiver,
} from '../../support/webhooks.js';

const run = promisify(execFile);

let receiver: WebhookReceiver;
let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  receiver = await startReceiver();
  gateway = await startGateway({
    config: {
      channels: {
        webhook: {
          url: receiver.url,
          dmPolicy: 'open',
          allowFrom: ['*'],
          accounts: {
            default: { secret: WEBHOOK_SECRET },
            plain: { secret: 'a text secret' },
            off: { secret: WEBHOOK_SECRET, enabled: false },
          },
        },
      },
      session: { dmScope: 'per-channel-peer' },
    },
  });
  client = await connectControl(gateway.wsUrl);
  await waitFor('the account', async () => (await postSigned(gateway, { type: 'ping' })).status === 200);
});
afterAll(async () => {
  await gateway.stop();
  await receiver.down();
});
beforeEach(() => {
  receiver.answer = undefined;
});

const said = (conversation: string, ...texts: readonly string[]): Promise<true> =>
  waitFor(`what is said to ${conversation}`, () => {
    const taken = receiver.taken(conversation);
    if (taken.length < texts.length) return undefined;
    expect(taken).toEqual(texts);
    return true;
  });

describe('a message', () => {
  it('is answered, to where it came from', async () => {
    const { status, body } = await postSigned(gateway, messageOf('ann', 'hello'), { id: 'msg_ann' });
    expect([status, JSON.parse(body)]).toEqual([200, { ok: true, id: 'msg_ann' }]);
    await said('ann', 'hello');
    expect(receiver.requests[0]).toMatchObject({
      type: 'message',
      accountId: 'default',
      conversation: { kind: 'direct', id: 'ann' },
    });
  });

  it('that comes again is answered as it was, and nothing is done twice', async () => {
    const content = messageOf('bob', 'once');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => postSigned(gateway, content, { id: 'msg_bob' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await postSigned(gateway, messageOf('bob', 'other'), { id: 'msg_bob' })).status).toBe(409);
    await postSigned(gateway, messageOf('bob', 'then'));
    await said('bob', 'once', 'then');
  });

  it.each([
    [
      'signed with another secret',
      401,
      () => postSigned(gateway, messageOf('eve', 'x'), { account: 'plain' }),
    ],
    ['too old', 401, () => postSigned(gateway, messageOf('eve', 'x'), { off: -301 })],
    ['too new', 401, () => postSigned(gateway, messageOf('eve', 'x'), { off: 301 })],
    [
      'not signed',
      401,
      () => postSigned(gateway, messageOf('eve', 'x'), { headers: { 'webhook-signature': '' } }),
    ],
    ['too long', 413, () => postSigned(gateway, messageOf('eve', 'x'.repeat(256 * 1024)))],
    ['no JSON', 415, () => postSigned(gateway, 'x', { headers: { 'content-type': 'text/plain' } })],
    ['not a message', 400, () => postSigned(gateway, { text: 'x' })],
    ['for an account that is off', 404, () => postSigned(gateway, messageOf('eve', 'x'), { account: 'off' })],
    [
      'for an account that there is not',
      404,
      () => postSigned(gateway, messageOf('eve', 'x'), { account: 'no' }),
    ],
  ])('that is %s is %d', async (_what, status, post) => {
    expect((await post()).status).toBe(status);
    expect(receiver.taken('eve')).toEqual([]);
  });

  it('whose body does not come is 408', async () => {
    const connection = await openRaw(gateway.port);
    const now = Math.floor(Date.now() / 1000);
    const head = [
      'POST /channels/webhook/default HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Content-Length: 100',
      'webhook-id: msg_slow',
      `webhook-timestamp: ${now}`,
      'webhook-signature: v1,AAAA',
    ];
    await connection.write(`${head.join('\r\n')}\r\n\r\n{"te`);
    const [answered] = await connection.answered(1, 50_000);
    expect([answered?.status, answered?.headers.connection]).toEqual([408, 'close']);
  });
});

describe('the page’s own examples', () => {
  const page = readFileSync(new URL('../../../docs/channels/webhook.md', import.meta.url), 'utf8');
  const example = (language: string): string =>
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? '';

  it.each([
    ['bash', (text: string) => ['bash', '-c', text.replace('"id":"ann"', '"id":"doc"')]],
    ['js', (text: string) => ['node', '--input-type=module', '-e', text.replace("id: 'ann'", "id: 'doc'")]],
  ])('in %s is taken', async (language, commandOf) => {
    const [command = '', ...args] = commandOf(
      example(language).replace('/channels/webhook/default', '/channels/webhook/plain'),
    );
    const { PATH } = process.env;
    const env = { PATH, GATEWAY: gateway.url, WEBHOOK_SECRET: 'a text secret' };
    const { stdout } = await run(command, args, { env });
    expect(stdout).toContain('"ok":true');
  });
});

describe('an answer', () => {
  it('waits for as long as the receiver says', async () => {
    let asked = 0;
    receiver.answer = ({ conversation }, response) => {
      if (conversation.id !== 'rate') return false;
      asked += 1;
      if (asked > 1) return false;
      response.writeHead(429, { 'retry-after': '2' }).end();
      return true;
    };
    await postSigned(gateway, messageOf('rate', 'patience'));
    await said('rate', 'patience');
    const [first, second] = receiver.requests.filter(({ conversation }) => conversation.id === 'rate');
    expect(second?.id).toBe(first?.id);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  it('whose taking was not confirmed comes again under its id', async () => {
    let asked = 0;
    receiver.answer = ({ conversation }, response) => {
      if (conversation.id !== 'cut') return false;
      asked += 1;
      if (asked > 2) return false;
      response.socket?.destroy();
      return true;
    };
    await postSigned(gateway, messageOf('cut', 'one'));
    await postSigned(gateway, messageOf('cut', 'two'));
    await said('cut', 'one', 'two');
    const ids = receiver.requests.filter(({ conversation }) => conversation.id === 'cut').map(({ id }) => id);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
  });

  it('that the receiver does not want is not sent again, and holds up nothing', async () => {
    receiver.answer = ({ conversation, text }, response) => {
      if (conversation.id !== 'no' || text !== 'first') return false;
      response.writeHead(410).end();
      return true;
    };
    await postSigned(gateway, messageOf('no', 'first'));
    await postSigned(gateway, messageOf('no', 'second'));
    await said('no', 'second');
  });

  it('waits for a receiver that is down, in order', async () => {
    await receiver.down();
    const texts = Array.from({ length: inFull ? 50 : 8 }, (_one, n) => `while down ${n}`);
    for (const text of texts) expect((await postSigned(gateway, messageOf('down', text))).status).toBe(200);
    await new Promise((done) => setTimeout(done, inFull ? 60_000 : 1_500));
    await receiver.up();
    await waitFor('all of it', () => receiver.taken('down').length === texts.length, 120_000);
    expect(receiver.taken('down')).toEqual(texts);
  }, 240_000);

  it('goes out for `send` as well', async () => {
    const { payload } = await client.call('send', {
      to: 'ops',
      channel: 'webhook',
      message: 'from the operator',
      idempotencyKey: 'send-1',
    });
    expect(payload).toMatchObject({ channel: 'webhook' });
    await said('ops', 'from the operator');
  });
});

it('an account that is stopped asks for patience', async () => {
  await answer(client, 'channels.stop', { channel: 'webhook', accountId: 'plain' });
  const secret = await postSigned(gateway, { type: 'ping' }, { account: 'plain' });
  // Its secret is another one: the worker says so before it is asked whether it runs.
  expect(secret.status).toBe(401);
  await answer(client, 'channels.stop', { channel: 'webhook', accountId: 'default' });
  const { status, headers } = await postSigned(gateway, { type: 'ping' });
  expect([status, headers['retry-after']]).toEqual([503, '5']);
  await answer(client, 'channels.start', { channel: 'webhook', accountId: 'default' });
  await waitFor('the account', async () => (await postSigned(gateway, { type: 'ping' })).status === 200);
});
