/** What `/readyz` says when something is wrong (http.md §2). */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chatRequest, startFor, temporaryDir } from '../../support/gateway.js';
import { requestOnce } from '../../support/request-once.js';
import { scrape } from '../../support/metrics.js';
import { onSession } from '../../support/session-chat.js';
import { newKey } from '../../support/session-calls.js';
import { mountSmallDisk } from '../../support/small-disk.js';
import { waitFor } from '../../support/wait-for.js';

it('store: from the first write that fails until there is room again', async (test) => {
  const disk = mountSmallDisk(test, 4_096);
  const file = join(temporaryDir(), 'gateway.log');
  const gateway = await startFor(test, { stateDir: disk.dir, config: { logging: { file } } });
  const readiness = async (): Promise<[number, unknown]> => {
    const { status, body } = await requestOnce(`${gateway.url}/readyz`);
    return [status, (JSON.parse(body) as { failing: unknown }).failing];
  };
  const remember = async (): Promise<number> => {
    const { headers, ...request } = chatRequest({ content: 'Remember this' });
    const all = { ...(headers as Record<string, string>), ...onSession(newKey()) };
    return (await requestOnce(`${gateway.url}/v1/chat/completions`, { ...request, headers: all })).status;
  };
  const becomes = (what: string, status: number, ...failing: string[]): Promise<boolean> =>
    waitFor(what, async () => JSON.stringify(await readiness()) === JSON.stringify([status, failing]));
  expect(await readiness()).toEqual([200, []]);
  const filler = disk.fill();
  expect(await remember()).toBeGreaterThanOrEqual(500);
  await becomes('the failing store', 503, 'store');
  const writable = async (): Promise<number> => (await scrape(gateway.url)).total('pllan_store_writable');
  expect(await writable()).toBe(0);
  // It lives, and what needs no store is answered.
  expect((await requestOnce(`${gateway.url}/healthz`)).status).toBe(200);
  expect(
    (await requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'Hi' }))).status,
  ).toBe(200);
  rmSync(filler);
  await becomes('the store to work', 200);
  expect(await writable()).toBe(1);
  expect(await remember()).toBe(200);
});
