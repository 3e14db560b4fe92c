/**
 * Messages by webhook and their answers while the gateway is killed and the receiver fails in every way: each message that
 * was answered 200 gets one answer, in order, and no receiver that knows repeats sees one twice. Small by default;
 * `npm run test:chaos` runs it in full.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freePort, startGateway, temporaryDir } from '../support/gateway.js';
import { inFull } from '../support/in-full.js';
import { waitFor } from '../support/wait-for.js';
import { messageOf, postSigned, startReceiver, WEBHOOK_SECRET } from '../support/webhooks.js';

const scale = inFull ? { people: 10, messages: 50, kills: 8 } : { people: 3, messages: 10, kills: 1 };
const WINDOW = 3;
const excuse = 'The gateway was restarted before the answer was ready. Please send that again.';

it('what was taken is answered once, whatever dies', { timeout: 600_000 }, async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.down());
  let asked = 0;
  receiver.answer = (_delivered, response) => {
    asked += 1;
    if (asked % 7 === 0) response.writeHead(429, { 'retry-after': '0' }).end();
    else if (asked % 11 === 0) response.socket?.destroy();
    return asked % 7 === 0 || asked % 11 === 0;
  };
  const config = {
    channels: {
      webhook: { secret: WEBHOOK_SECRET, url: receiver.url, dmPolicy: 'open', allowFrom: ['*'] },
    },
    session: { dmScope: 'per-channel-peer' },
    messages: { inbound: { debounceMs: 0 }, queue: { mode: 'followup', debounceMs: 0 } },
  };
  const [stateDir, port] = [temporaryDir(), await freePort()];
  let gateway = await startGateway({ config, stateDir, port });
  onTestFinished(async () => void (await gateway.stop()));

  let sent = 0;
  const texts = Array.from({ length: scale.messages }, (_one, n) => `message ${n}`);
  const talk = async (person: string): Promise<void> => {
    for (const [n, text] of texts.entries()) {
      const id = `msg_${person}_${n}`;
      await waitFor(`${id} to be taken`, async () => {
        const { status } = await postSigned(gateway, messageOf(person, text), { id }).catch(() => ({
          status: 0,
        }));
        if (![0, 200, 503].includes(status)) throw new Error(`${id} was answered ${status}`);
        return status === 200;
      });
      sent += 1;
      await waitFor(`answers for ${person}`, () => receiver.taken(person).length > n - WINDOW, 120_000);
    }
    await waitFor(`all answers for ${person}`, () => receiver.taken(person).length >= texts.length, 120_000);
  };
  const people = Array.from({ length: scale.people }, (_one, n) => `person-${n}`);
  const talks = Promise.all(people.map(talk));
  for (let kill = 0; kill < scale.kills; kill += 1) {
    const at = ((kill + 1) / (scale.kills + 1)) * scale.people * scale.messages;
    await waitFor(`message ${at}`, () => sent >= at, 120_000);
    // So many crashes within minutes are a loop to it, after which it leaves channels alone.
    rmSync(join(stateDir, 'boot-history.json'), { force: true });
    gateway.child.kill('SIGKILL');
    await gateway.exited;
    gateway = await startGateway({ config, stateDir, port });
  }
  await talks;

  for (const person of people) {
    const answers = receiver.taken(person);
    expect(answers).toHaveLength(texts.length);
    for (const [n, text] of texts.entries()) expect([text, excuse]).toContain(answers[n]);
  }
});
