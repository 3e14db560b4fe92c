/** More at a time than the gateway takes: 503 with `Retry-After` for what is too much, and nothing else (http.md §7.2). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threadLimits } from '../../../src/shared/limits.js';
import { toolRunLimits } from '../../../src/shared/tools/limits.js';
import { greeting, postChat } from '../../support/chat.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawChat, rawRequest } from '../../support/raw-connection.js';
import { postInvoke } from '../../support/tool-calls.js';
import { testTools } from '../../support/tool-story.js';

const QUEUE = 2;

let gateway: TestGateway;
beforeAll(async () => {
  const workers = { count: 1, toolThreads: 1, maxQueue: QUEUE };
  gateway = await startGateway({ config: { ...testTools, gateway: { workers } } });
});
afterAll(() => gateway.stop());

/** What they are answered that were asked one after another on one connection, without waiting. */
async function statusesOf(bytes: string, count: number): Promise<Map<number, number>> {
  const connection = await openRaw(gateway.port);
  await connection.write(bytes);
  const answers = await connection.answered(count, 50_000);
  connection.destroy();
  const statuses = new Map<number, number>();
  for (const { status, headers, body } of answers) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) continue;
    expect(headers).toMatchObject({ 'retry-after': '1' });
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'overloaded' } });
  }
  return statuses;
}

it('completions', async () => {
  const most = threadLimits.concurrentTasks + QUEUE;
  const statuses = await statusesOf(rawChat('/wait 5000').repeat(most + 10), most + 10);
  expect(statuses).toEqual(
    new Map([
      [200, most],
      [503, 10],
    ]),
  );
  expect((await postChat(gateway, greeting)).status).toBe(200);
});

it('calls of tools', async () => {
  const body = JSON.stringify({ tool: 'test_wait', args: { ms: 0 } });
  const one = rawRequest({ method: 'POST', path: '/tools/invoke', body });
  const most = 1 + toolRunLimits.waiting;
  const statuses = await statusesOf(one.repeat(most + 10), most + 10);
  expect(statuses.get(503)).toBeGreaterThan(0);
  expect((await postInvoke(gateway, { tool: 'test_wait', args: { ms: 0 } })).status).toBe(200);
});
