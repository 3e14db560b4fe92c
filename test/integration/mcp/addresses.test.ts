/** MCP servers at an address: what goes wrong on the way, and what is sent there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { startHttpMcpServer, type HttpMcpServer } from '../../support/mcp/http-server.js';
import { connected, invoke, withServers } from '../../support/mcp/servers.js';
import { scrape } from '../../support/metrics.js';
import { waitFor } from '../../support/wait-for.js';

const key = 'a-key-that-is-long-enough';
let server: HttpMcpServer;
let gateway: TestGateway;
beforeAll(async () => {
  server = await startHttpMcpServer();
  const url = server.url.replace('//', '//somebody:pass%20word@');
  const far = { url: `${url}?k=${key}-in-url`, headers: { 'X-Key': key } };
  const hasty = { url: server.url, timeoutMs: 1_500 };
  gateway = await startGateway({ config: { ...withServers({ far, hasty }), logging: { level: 'debug' } } });
  for (const name of ['far', 'hasty']) await connected(gateway, name, 1);
});
afterAll(async () => {
  await gateway.stop();
  await server.stop();
});

const failed = '500 tool_error: tool execution failed';
const ended = (tool: string, error_category: string): Promise<unknown> =>
  waitFor(`${tool} to end with ${error_category}`, async () => {
    const { total } = await scrape(gateway.url);
    return total('pllan_tool_execution_total', { tool, error_category }) > 0;
  });

it('sends the headers and the credentials of the configuration, and logs neither', async () => {
  expect(await invoke(gateway, 'far__echo')).toBe('hi');
  expect(server.headers).toMatchObject({
    'x-key': key,
    authorization: `Basic ${Buffer.from('somebody:pass word').toString('base64')}`,
  });
  expect(JSON.stringify(gateway.logLines()) + gateway.output()).not.toMatch(/a-key-that|pass( |%20)word/);
});

it('a call without an answer ends in time, and is cancelled there', async () => {
  expect(await invoke(gateway, 'hasty__hang')).toBe(failed);
  await ended('hasty__hang', 'timeout');
  await waitFor('its end', () => server.asked.includes('notifications/cancelled'));
  expect(await invoke(gateway, 'far__echo')).toBe('hi');
});

it.each([
  ['drop', 'crashed'],
  ['large', 'output'],
  ['forget', 'crashed'],
])('%s: it ends with %s, and the server is connected to again', async (tool, kind) => {
  const before = server.asked.filter((method) => method === 'initialize').length;
  expect(await invoke(gateway, `far__${tool}`)).toBe(failed);
  await ended(`far__${tool}`, kind);
  await waitFor(
    'a new session',
    () => server.asked.filter((method) => method === 'initialize').length > before,
  );
  await waitFor('an answer', async () => (await invoke(gateway, 'far__echo')) === 'hi');
});

it.each(['break', 'put-off'])(
  '%s: it comes back for the rest, after a pause, and not for ever',
  async (tool) => {
    const before = server.returns;
    expect(await invoke(gateway, `hasty__${tool}`)).toBe(failed);
    const returns = server.returns - before;
    expect([returns > 0, returns <= 2]).toEqual([tool === 'break', true]);
    let quiet = { returns: -1, looks: 0 };
    await waitFor(
      'it to give up',
      () => {
        quiet = { returns: server.returns, looks: quiet.returns === server.returns ? quiet.looks + 1 : 0 };
        return quiet.looks >= 150;
      },
      40_000,
    );
  },
);

it('follows nobody elsewhere', async () => {
  expect(await invoke(gateway, 'far__redirect')).toBe(failed);
  expect(await invoke(gateway, 'far__echo')).toBe('hi');
});

it('a flood costs its own call', async () => {
  expect(await invoke(gateway, 'hasty__flood')).toBe(failed);
  await ended('hasty__flood', 'timeout');
  await waitFor('an answer', async () => (await invoke(gateway, 'far__echo')) === 'hi', 30_000);
});
