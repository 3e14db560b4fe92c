/** Somebody writes for the first time over a chat network, and is let in from the command line (docs/channels-messages.md). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { cli } from '../../cli/support/cli.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';
import {
  messageOf,
  postSigned,
  startReceiver,
  WEBHOOK_SECRET,
  type WebhookReceiver,
} from '../../support/webhooks.js';

let receiver: WebhookReceiver;
let gateway: TestGateway;
beforeAll(async () => {
  receiver = await startReceiver();
  const webhook = { url: receiver.url, secret: WEBHOOK_SECRET };
  gateway = await startGateway({ config: { channels: { webhook } } });
  await waitFor('the account', async () => (await postSigned(gateway, { type: 'ping' })).status === 200);
});
afterAll(async () => {
  await gateway.stop();
  await receiver.down();
});

const pairing = async (...args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await cli(['pairing', ...args, '--url', gateway.wsUrl, '--token', TOKEN]);
  return stdout + stderr;
};
const said = (to: string, count: number): Promise<string> =>
  waitFor(`${count} messages to ${to}`, () => {
    const taken = receiver.taken(to);
    return taken.length >= count && taken.at(-1);
  });

it('whoever is not known gets a code, and is heard when the owner has approved it', async () => {
  const client = await connectControl(gateway.wsUrl);
  expect(await pairing('list')).toBe('Nobody waits to be approved.\n');
  await postSigned(gateway, messageOf('dan', 'let me in'));
  const [, code = ''] = /Your pairing code: (\w{8})/.exec(await said('dan', 1)) ?? [];
  const told = await client.frame('the event', ({ event }) => event === 'channel.pair.requested');
  expect(told).toMatchObject({ payload: { sender: 'dan', code } });
  expect(await pairing('list', 'webhook')).toMatch(
    new RegExp(`^- ${code}: .*dan.* \\(webhook default\\), \\d+ min left\n$`),
  );
  expect(await pairing('approve', 'webhook', 'AAAAAAAA')).toContain('unknown pairing code');
  expect(await pairing('approve', 'webhook', code.toLowerCase())).toContain('may write now');
  expect(await said('dan', 2)).toContain('approved');
  await postSigned(gateway, messageOf('dan', 'hello'));
  expect(await said('dan', 3)).toBe('hello');
  await client.close();
});

it('and may be turned away', async () => {
  await postSigned(gateway, messageOf('eve', 'let me in'));
  const [, code = ''] = /Your pairing code: (\w{8})/.exec(await said('eve', 1)) ?? [];
  expect(await pairing('reject', 'webhook', code)).toContain('turned away');
  expect(await pairing('list', '--json')).toContain('"requests": []');
  expect(receiver.taken('eve')).toHaveLength(1);
});
