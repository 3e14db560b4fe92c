/** Tools of a real MCP server, over each way to reach one: in turns, in direct calls, in the catalog, in metrics. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { connected, everything, invoke, startEverything, withServers } from '../../support/mcp/servers.js';
import { scrape } from '../../support/metrics.js';
import { startWithProvider, type Provided } from '../../support/provided-gateway.js';
import { runAgent } from '../../support/run-story.js';
import { answer } from '../../support/session-calls.js';
import { answersWith, messagesOf, offeredIn } from '../../support/tool-provider.js';
import { textsOf, toolEvents } from '../../support/tool-story.js';
import { waitFor } from '../../support/wait-for.js';

let http: Awaited<ReturnType<typeof startEverything>>;
let gateway: Provided['gateway'];
let provider: Provided['provider'];
let client: ControlClient;
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  http = await startEverything('streamableHttp');
  const sse = await startEverything('sse');
  const config = withServers({ every: everything(), remote: { url: http.url }, older: { url: sse.url } }, 2);
  ({ gateway, provider } = await startWithProvider({ config }, (stop) => ends.push(stop)));
  client = await connectControl(gateway.wsUrl, { params: { caps: ['tool-events'] } });
  for (const server of ['every', 'remote', 'older']) await connected(gateway, server, 2);
});
afterAll(async () => void (await Promise.all(ends.map((end) => end()))));

describe.each(['every', 'remote', 'older'])('the server %s', (server) => {
  it('is called directly', async () => {
    expect(await invoke(gateway, `${server}__echo`, { message: 'hi' })).toBe('Echo: hi');
    expect(await invoke(gateway, `${server}__get-sum`, { a: 2, b: 3 })).toMatch(/ 5\b/);
  });

  it('is called by a model', async () => {
    const name = `${server}__echo`;
    provider.behave(answersWith({ calls: [{ name, args: { message: 'from a turn' } }] }, { text: 'done' }));
    const { runId, final } = await runAgent(client, 'call it');
    expect(textsOf(final.payload)).toEqual(['done']);
    const [first, second] = provider.calls.slice(-2);
    expect(first && offeredIn(first)).toContain(name);
    expect(second && messagesOf(second).at(-1)).toMatchObject({ role: 'tool', content: 'Echo: from a turn' });
    expect(toolEvents(client.frames, runId).map(({ phase, isError }) => [phase, isError])).toEqual([
      ['start', undefined],
      ['result', false],
    ]);
  });

  it('says what it does not take', async () => {
    expect(await invoke(gateway, `${server}__get-sum`, { a: 'two' })).toMatch(/^400 tool_error: .*-32602/);
  });
});

it('its images are images, and what is structured is in the details', async () => {
  const { payload } = await client.call('tools.invoke', { name: 'every__get-tiny-image', args: {} });
  expect(payload?.output).toMatchObject({
    content: expect.arrayContaining([expect.objectContaining({ type: 'image', mimeType: 'image/png' })]),
  });
  const structured = await client.call('tools.invoke', {
    name: 'every__get-structured-content',
    args: { location: 'Chicago' },
  });
  expect(structured.payload?.output).toMatchObject({ details: { conditions: expect.any(String) } });
});

it('the catalog tells where each tool is from', async () => {
  for (const method of ['tools.catalog', 'tools.effective']) {
    const params = method === 'tools.effective' ? { sessionKey: 'main' } : {};
    const { groups } = (await answer(client, method, params)) as { groups: { id: string; source: string }[] };
    const group = groups.find(({ id }) => id === 'every');
    expect(group).toMatchObject({ label: 'every', source: 'mcp' });
  }
});

it('calls count as those of tools do, by server', async () => {
  await waitFor('a count', async () => {
    const { total } = await scrape(gateway.url);
    const labels = { tool_owner: 'every', tool_source: 'mcp', outcome: 'ok' };
    return total('pllan_tool_execution_total', labels) >= 2;
  });
});

it('a call of a server that is gone fails', async () => {
  await http.stop();
  expect(await invoke(gateway, 'remote__echo', { message: 'hi' })).toBe(
    '500 tool_error: tool execution failed',
  );
});
