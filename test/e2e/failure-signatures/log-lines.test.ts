/** What the log says of chat networks, heartbeats and jobs from which nothing comes (operations.md §12). */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { answer } from '../../support/session-calls.js';
import { mountSmallDisk } from '../../support/small-disk.js';
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
  gateway = await startGateway({
    config: {
      channels: { webhook: { url: receiver.url, secret: WEBHOOK_SECRET, groupPolicy: 'open' } },
      agents: {
        defaults: { heartbeat: { every: '1s', target: 'webhook', to: 'ann', accountId: 'nobody' } },
      },
    },
  });
  await waitFor('the account', async () => (await postSigned(gateway, { type: 'ping' })).status === 200);
});
afterAll(async () => {
  await gateway.stop();
  await receiver.down();
});

const line = (start: string) =>
  waitFor(start, () => gateway.logLines().find(({ message }) => String(message).startsWith(start)));

it.each([
  ['`drop group message`', 'group', 'drop group message (mention required)'],
  ['`drop guild message (mention required`', 'channel', 'drop guild message (mention required)'],
])('%s: a message of a %s in which nobody is called', async (_signature, kind, said) => {
  await postSigned(gateway, messageOf('ann', 'hello', { conversation: { kind, id: 'all' } }));
  expect(await line(said)).toMatchObject({ level: 'info', message: said, channel: 'webhook' });
});

it('`pairing request`: a sender who is not approved', async () => {
  await postSigned(gateway, messageOf('dan', 'let me in'));
  expect(await line('pairing request')).toMatchObject({
    message: 'pairing request of dan (webhook default): pllan pairing list',
  });
});

it('`heartbeat: unknown accountId`: a heartbeat that is to go through an account that is not there', async () => {
  expect(await line('heartbeat: unknown accountId')).toMatchObject({
    level: 'warn',
    message: 'heartbeat: unknown accountId',
    channel: 'webhook',
    accountId: 'nobody',
  });
});

const NO_ROOM = expect.stringMatching(
  /^cannot write to the store: the disk (?:is full \(ENOSPC\)|reports an error \(EIO\))/,
);

it('`cron: timer tick failed`: a job that is due, and no room on the disk', async (test) => {
  const disk = mountSmallDisk(test, 2_048);
  const file = join(temporaryDir(), 'gateway.log');
  const full = await startFor(test, { stateDir: disk.dir, config: { logging: { file } } });
  const client = await connectControl(full.wsUrl);
  const job = {
    name: 'often',
    schedule: { kind: 'every', everyMs: 1_000 },
    sessionTarget: 'isolated',
    wakeMode: 'now',
    // More than there is room for among what was written before.
    payload: { kind: 'agentTurn', message: 'x'.repeat(15_000) },
  };
  const { id } = await answer(client, 'cron.add', job);
  const filler = disk.fill();
  const said = await waitFor('the line', () => linesOf(file).find(({ event }) => event === 'cron.tick'));
  expect(said).toMatchObject({ level: 'error', message: 'cron: timer tick failed', error: NO_ROOM });
  rmSync(filler);
  await waitFor('a run', async () => ((await answer(client, 'cron.runs', { id })).total as number) > 0);
  await client.close();
});

function linesOf(file: string): Record<string, unknown>[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
