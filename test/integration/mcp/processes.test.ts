/** MCP servers as processes: what they see, that each ends with its worker, and that nothing of theirs is told. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { isAlive, startFor, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { connected, invoke, told, withServers } from '../../support/mcp/servers.js';
import { scrape } from '../../support/metrics.js';
import { waitFor } from '../../support/wait-for.js';

const gone = (pid: number): Promise<unknown> => waitFor(`the end of ${pid}`, () => !isAlive(pid), 20_000);

async function start(test: TestContext, servers: Record<string, object>, workers = 1): Promise<TestGateway> {
  const config = { ...withServers(servers, workers), logging: { level: 'debug' } };
  const env = { OPENAI_API_KEY: 'sk-of-the-gateway', PLLAN_ANYTHING: 'x' };
  const gateway = await startFor(test, { config, env });
  for (const server of Object.keys(servers)) await connected(gateway, server, workers);
  return gateway;
}

it('sees of the environment what is usual, and what the configuration gives it', async (test) => {
  const gateway = await start(test, { one: told('well', { env: { OWN: 'mine' }, cwd: temporaryDir() }) });
  const seen = JSON.parse(await invoke(gateway, 'one__env')) as Record<string, string>;
  expect(seen).toMatchObject({ OWN: 'mine', PATH: process.env.PATH });
  expect(Object.keys(seen).filter((name) => /PLLAN|OPENAI|NODE/.test(name))).toEqual([]);
});

it('values that it is given are never in the log', async (test) => {
  const key = 'a-key-that-is-long-enough';
  const gateway = await start(test, {
    leaky: told('leaky', { env: { SECRET_KEY: key } }),
  });
  await waitFor('what it has printed', () => /my key is/.test(JSON.stringify(gateway.logLines())));
  expect(JSON.stringify(gateway.logLines()) + gateway.output()).not.toContain(key);
});

describe('is killed', () => {
  it('a call that runs ends at once, and the next one finds a new process', async (test) => {
    const record = join(temporaryDir(), 'record');
    const gateway = await start(test, { one: told('well', { env: { RECORD: record } }) });
    const pid = Number(await invoke(gateway, 'one__pid'));
    const hangs = invoke(gateway, 'one__hang');
    await waitFor('the call', () => readFileSync(record, 'utf8').includes('call hang'));
    process.kill(pid, 'SIGKILL');
    expect(await hangs).toBe('500 tool_error: tool execution failed');
    await waitFor('a count', async () => {
      const { total } = await scrape(gateway.url);
      return total('pllan_tool_execution_total', { error_category: 'crashed' }) === 1;
    });
    const next = await waitFor('a new process', async () => Number(await invoke(gateway, 'one__pid')));
    expect(next).not.toBe(pid);
  });

  it('with its worker, and so is what it has started', async (test) => {
    const record = join(temporaryDir(), 'record');
    const gateway = await start(test, { one: told('well', { env: { RECORD: record } }) }, 2);
    const started = readFileSync(record, 'utf8').matchAll(/^start (\d+)$/gm);
    const pids = [...started].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(2);
    const child = Number(await invoke(gateway, 'one__child'));
    for (const worker of gateway.workers()) process.kill(worker, 'SIGKILL');
    for (const pid of [...pids, child]) await gone(pid);
    await connected(gateway, 'one', 2);
    expect(await invoke(gateway, 'one__echo', { text: 'again' })).toBe('again');
  });
});

it('ends with the gateway: its input is closed, and it may go by itself', async (test) => {
  const record = join(temporaryDir(), 'record');
  const gateway = await start(test, { one: told('well', { env: { RECORD: record } }), two: told() });
  const pids = [await invoke(gateway, 'one__pid'), await invoke(gateway, 'two__child')].map(Number);
  await gateway.stop();
  for (const pid of pids) await gone(pid);
  expect(existsSync(record) && readFileSync(record, 'utf8')).toContain('input closed');
});
