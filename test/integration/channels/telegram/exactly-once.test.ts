/**
 * Messages both ways while all goes wrong that can: the server refuses, breaks connections, repeats itself, and the gateway
 * is killed in the middle. None that the server was told has come is lost, none is there twice, and each chat keeps its order.
 */
import { expect, it } from 'vitest';
import { userTexts } from '../../../support/chat-turns.js';
import { connectControl } from '../../../support/control-client.js';
import { startFakeBotApi, type FakeBotApi } from '../../../support/fake-bot-api/fake-bot-api.js';
import { tooManyRequests, type Fault } from '../../../support/fake-bot-api/faults.js';
import { startGateway, temporaryDir } from '../../../support/gateway.js';
import { inFull } from '../../../support/in-full.js';
import { waitFor } from '../../../support/wait-for.js';

const chats = Array.from({ length: inFull ? 100 : 12 }, (_, n) => 5_000 + n);
const perChat = inFull ? 10 : 5;
const rounds = Array.from({ length: perChat }, (_, n) => n + 1);
const total = chats.length * perChat;
const deadlineMs = inFull ? 300_000 : 60_000;

const trouble: Fault = { kind: 'error', code: 500, description: 'Internal Server Error' };
const noServer: Fault = { kind: 'proxy', status: 502 };
const whenAsked: readonly Fault[] = [
  trouble,
  tooManyRequests(1),
  noServer,
  { kind: 'reset', done: false },
  { kind: 'reset', done: true },
];
/** After these nobody knows whether a message was sent: it was not, … */
const unsent: readonly Fault[] = [
  { kind: 'reset', done: false },
  { kind: 'proxy', status: 504 },
];
/** … or it was. */
const sent: readonly Fault[] = [{ kind: 'reset', done: true }];
const whenSending = [trouble, tooManyRequests(1), noServer, ...unsent, ...sent];

it('nothing is lost, nothing is there twice, and all is in order', { timeout: 600_000 }, async (test) => {
  const fake = await startFakeBotApi({ faultsApart: true });
  test.onTestFinished(() => fake.stop());
  const stateDir = temporaryDir();
  const first = await startGateway({ stateDir, config: configFor(fake) });
  test.onTestFinished(async () => void (await first.stop()));

  for (const round of rounds) {
    for (const id of chats) {
      const update = fake.say({ text: `${id}/${round}`, chat: { id } });
      // Telegram itself repeats some.
      if ((id + round) % 5 === 0) fake.repeat(update);
    }
    for (const fault of whenAsked) fake.faults.add('getUpdates', fault);
    for (const fault of whenSending) fake.faults.add('sendMessage', fault, inFull ? 3 : 1);
    if (round === 2) {
      await waitFor('answers', () => fake.sent.length > chats.length);
      first.child.kill('SIGKILL');
      await first.exited;
    }
  }
  const second = await startGateway({ stateDir, config: configFor(fake) });
  test.onTestFinished(async () => void (await second.stop()));
  await waitFor('all to have come', () => fake.waiting.length === 0, deadlineMs);

  const faults = (kinds: readonly Fault[]): number =>
    fake.faults.taken('sendMessage').filter((one) => kinds.includes(one)).length;
  const unknown = (): number => second.logLines().filter(({ event }) => event === 'delivery.unknown').length;
  /** Parts that were on their way when the gateway was killed: they may be there or not. */
  const inTheAir = (): number => Math.max(0, unknown() - faults(unsent) - faults(sent));
  const missing = (): number => total - fake.sent.length - faults(unsent);
  await waitFor('all to be answered', () => missing() <= inTheAir(), deadlineMs);

  const client = await connectControl(second.wsUrl);
  for (const id of chats)
    expect(await userTexts(client, `agent:main:telegram:direct:${id}`)).toEqual(
      rounds.map((round) => `${id}/${round}`),
    );
  await second.stop();
  expect(missing()).toBeGreaterThanOrEqual(0);
  for (const id of chats) {
    const answers = fake.sent.filter(({ chatId, text }) => chatId === id && text.startsWith(`${id}/`));
    const numbers = answers.map(({ text }) => Number(text.split('/')[1]));
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  }
});

function configFor({ token, apiRoot }: FakeBotApi): Record<string, unknown> {
  return {
    session: { dmScope: 'per-channel-peer' },
    channels: { telegram: { botToken: token, apiRoot, dmPolicy: 'open', allowFrom: ['*'] } },
  };
}
