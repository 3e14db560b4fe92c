/** MCP servers as processes: what they see, that each ends with its worker, and that nothing of theirs is told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { connected, invoke, told, withServers } from '../../support/mcp/servers.js';
import { scrape } from '../../support/metrics.js';
import { waitFor } from '../../support/wait-for.js';

const gone = (pid: number): Promise<unknown> => waitFor(`the end of ${pid}`, () => !isAlive(pid), 20_000);
const record = join(temporaryDir(), 'record');
const recorded = (): string => readFileSync(record, 'utf8');

async function start(servers: Record<string, object>, workers: number): Promise<TestGateway> {
  const config = { ...withServers(servers, workers), logging: { level: 'debug' } };
  const env = { OPENAI_API_KEY: 'sk-of-the-gateway', PLLAN_ANYTHING: 'x' };
  const gateway = await startGateway({ config, env });
  for (const server of Object.keys(servers)) await connected(gateway, server, workers);
  return gateway;
}

describe('in one worker', () => {
  const key = 'a-key-that-is-long-enough';
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start(
      {
        one: told('well', { env: { OWN: 'mine', RECORD: record }, cwd: temporaryDir() }),
        leaky: told('leaky', { env: { SECRET_KEY: key } }),
      },
      1,
    );
  });
  afterAll(() => gateway.stop());

  it('sees of the environment what is usual, and what the configuration gives it', async () => {
    const seen = JSON.parse(await invoke(gateway, 'one__env')) as Record<string, string>;
    expect(seen).toMatchObject({ OWN: 'mine', PATH: process.env.PATH });
    // What says that no person types there, and nothing else of ours.
    expect(Object.keys(seen).filter((name) => /PLLAN|OPENAI|NODE/.test(name))).toEqual(['PLLAN_SHELL']);
  });

  it('values that it is given are never in the log', async () => {
    await waitFor('what it has printed', () => /my key is/.test(JSON.stringify(gateway.logLines())));
    expect(JSON.stringify(gateway.logLines()) + gateway.output()).not.toContain(key);
  });

  it('when it is killed, a call that runs ends at once, and the next one finds a new process', async () => {
    const pid = Number(await invoke(gateway, 'one__pid'));
    const hangs = invoke(gateway, 'one__hang');
    await waitFor('the call', () => recorded().includes('call hang'));
    process.kill(pid, 'SIGKILL');
    expect(await hangs).toBe('500 tool_error: tool execution failed');
    await waitFor('a count', async () => {
      const { total } = await scrape(gateway.url);
      return total('pllan_tool_execution_total', { error_category: 'crashed' }) === 1;
    });
    const next = await waitFor(
      'a new process',
      async () => Number(await invoke(gateway, 'one__pid')) || false,
    );
    expect(next).not.toBe(pid);
  });

  it('ends with the gateway: its input is closed, and it may go by itself; what it has started ends, too', async () => {
    const pids = [await invoke(gateway, 'one__pid'), await invoke(gateway, 'one__child')].map(Number);
    await gateway.stop();
    for (const pid of pids) await gone(pid);
    expect(recorded()).toContain('input closed');
  });
});

it('ends with its worker, and so does what it has started', async (test) => {
  const started = join(temporaryDir(), 'record');
  const gateway = await start({ one: told('well', { env: { RECORD: started } }) }, 2);
  test.onTestFinished(async () => void (await gateway.stop()));
  const starts = readFileSync(started, 'utf8').matchAll(/^start (\d+)$/gm);
  const pids = [...starts].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(2);
  const child = Number(await invoke(gateway, 'one__child'));
  for (const worker of gateway.workers()) process.kill(worker, 'SIGKILL');
  for (const pid of [...pids, child]) await gone(pid);
  await connected(gateway, 'one', 2);
  expect(await invoke(gateway, 'one__echo', { text: 'again' })).toBe('again');
});
