/** A worker with far more to log than may be: what is too much is dropped there, and nobody else is held up (operations.md §6). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startEntry } from '../../support/entry-process.js';
import { chatRequest, cleanEnvironment, startGateway, type TestGateway } from '../../support/gateway.js';
import { requestOnce } from '../../support/request-once.js';
import { answer } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

const LINES_PER_SECOND = 500;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { PLLAN_TEST_LOG_LINES: '100000', PLLAN_TEST_LOG_CHARS: '100' } });
});
afterAll(() => gateway.stop());

const ofEvent = (event: string): Record<string, unknown>[] =>
  gateway.logLines().filter((line) => line.event === event);

it('drops what is too much of each second, and says how much in one line', async () => {
  await waitFor('some seconds of it', () => ofEvent('log.dropped').length >= 4);
  const perSecond = new Map<string, number>();
  for (const { time } of ofEvent('test.flood')) {
    const second = String(time).slice(0, 19);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  // One may be admitted in a second and have the time of the next.
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(LINES_PER_SECOND + 1);
  const dropped = ofEvent('log.dropped');
  expect(dropped.length).toBeLessThanOrEqual(perSecond.size);
  for (const { message } of dropped)
    expect(message).toMatch(/^\d+ log records dropped: more than 500 or 512 KiB in a second$/);
  const sum = dropped.reduce((all, line) => all + Number(line.dropped), 0);
  expect(sum).toBeGreaterThan(50 * perSecond.size * LINES_PER_SECOND);
});

it('others are answered, and whoever asks for the log gets so much of it', async () => {
  const client = await connectControl(gateway.wsUrl);
  expect(await client.call('health')).toMatchObject({ ok: true });
  const chat = await requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'Hi' }));
  expect(chat.status).toBe(200);
  const { lines } = await answer(client, 'logs.tail', { limit: 100, maxBytes: 1_000_000 });
  expect(lines).toHaveLength(100);
  await client.close();
});

it('who follows the log sees all of them in order, and goes on', async () => {
  const env = cleanEnvironment(gateway.stateDir, { PLLAN_GATEWAY_PORT: String(gateway.port) });
  const follower = startEntry(['logs', '--follow', '--json'], { env });
  const cutOff = (): unknown[] => follower.stdout().match(/log records dropped/g) ?? [];
  await waitFor('two seconds of it', () => cutOff().length >= 2);
  const times = follower
    .stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { raw?: string })
    .flatMap(({ raw }) => (raw === undefined ? [] : [JSON.parse(raw) as Record<string, unknown>]))
    .flatMap(({ event, time }) => (event === 'test.flood' ? [String(time)] : []));
  expect(times.length).toBeGreaterThan(LINES_PER_SECOND);
  expect(times).toEqual(times.toSorted());
  follower.child.kill('SIGINT');
  expect(await within('exit', follower.exited)).toBe(130);
});
