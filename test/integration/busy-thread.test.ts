/** A thread that computes without a pause delays its own requests only, and not for ever. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connectControl } from '../support/control-client.js';
import { chatRequest, startGateway, TOKEN, type TestGateway } from '../support/gateway.js';
import { contentOf } from '../support/raw-connection.js';
import { repeat } from '../support/repeat.js';
import { requestOnce, type OnceAnswer } from '../support/request-once.js';
import { within } from '../support/wait-for.js';

let gateways: TestGateway[] = [];

beforeAll(async () => {
  gateways = await Promise.all([startGateway(), startGateway()]);
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
});

function complete(gateway: TestGateway, content: string): Promise<OnceAnswer> {
  return requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content }));
}

describe.concurrent('an api thread that is busy', () => {
  it('keeps nobody else waiting: probes, health and the model list answer all the while', async ({
    expect,
  }) => {
    const [gateway] = gateways as [TestGateway];
    const control = await connectControl(gateway.wsUrl);
    const blocked = complete(gateway, '/block 4000');
    const authorization = { headers: { authorization: `Bearer ${TOKEN}` } };
    const watches = [
      repeat(async () => (await control.call('health')).ok),
      repeat(async () => (await requestOnce(`${gateway.url}/healthz`)).status === 200),
      repeat(async () => (await requestOnce(`${gateway.url}/v1/models`, authorization)).status === 200),
    ];
    const answer = await within('the blocked request', blocked, 30_000);
    const during = watches.map(({ results }) => results.length);
    await Promise.all(watches.map((watch) => watch.stop()));
    expect(contentOf(answer)).toBe('done /block 4000');
    for (const count of during) expect(count).toBeGreaterThan(10);
    for (const { results, failures } of watches) {
      expect(failures).toEqual([]);
      expect(new Set(results)).toEqual(new Set([true]));
    }
    await control.close();
  });

  it('for longer than 10 s is ended: its requests get 500, the next one works', async ({ expect }) => {
    const [, gateway] = gateways as [TestGateway, TestGateway];
    const control = await connectControl(gateway.wsUrl);
    const workers = gateway.workers();
    const beside = complete(gateway, '/wait 20000');
    const blocked = complete(gateway, '/block 30000');
    const health = repeat(async () => (await control.call('health')).ok);
    const answers = await within('the blocked requests', Promise.all([blocked, beside]), 25_000);
    await health.stop();
    for (const { status, body } of answers) {
      expect(status).toBe(500);
      expect(JSON.parse(body)).toEqual({ error: { message: 'internal error', type: 'api_error' } });
    }
    expect(health.failures).toEqual([]);
    expect(new Set(health.results)).toEqual(new Set([true]));
    expect(contentOf(await complete(gateway, 'next'))).toBe('next');
    expect(gateway.workers()).toEqual(workers);
    expect(gateway.logLines().map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^api thread silent for 10000 ms/),
    );
    await control.close();
  });
});
