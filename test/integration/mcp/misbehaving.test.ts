/** MCP servers that do not do what they should: who calls them is told, and nobody else is harmed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { chatRequest, startFor, temporaryDir, TOKEN } from '../../support/gateway.js';
import { arrived, catalog, connected, invoke, told, withServers } from '../../support/mcp/servers.js';
import { scrape } from '../../support/metrics.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { postInvoke } from '../../support/tool-calls.js';
import { waitFor } from '../../support/wait-for.js';

const record = join(temporaryDir(), 'record');
const lines = (): string[] => (existsSync(record) ? readFileSync(record, 'utf8').split('\n') : []);

const { gateway } = await startWithProvider({
  config: {
    ...withServers({
      good: told(),
      bad: told('well', { env: { RECORD: record } }),
      hasty: told('well', { timeoutMs: 1_500 }),
      none: { command: '/no/such/program' },
      exits: told('exits'),
      silent: told('silent'),
      stray: told('stray'),
      nowhere: { url: 'http://127.0.0.1:9/mcp' },
      off: told('well', { enabled: false }),
      odd: told('odd'),
      unlisted: told('odd-list'),
    }),
    logging: { level: 'debug' },
  },
});
let client: ControlClient;
beforeAll(async () => {
  client = await connectControl(gateway.wsUrl);
  for (const server of ['good', 'bad', 'hasty', 'odd']) await arrived(client, server);
});

const failed = '500 tool_error: tool execution failed';
/** How calls of a tool have ended so far. */
const category = async (tool: string, error_category: string): Promise<number> =>
  (await scrape(gateway.url)).total('pllan_tool_execution_total', { tool, error_category });
const messages = (event: string): string[] =>
  gateway
    .logLines()
    .filter((line) => line.event === event)
    .map(({ message }) => String(message));
const unharmed = async (): Promise<void> => {
  expect(await invoke(gateway, 'good__echo', { text: 'still here' })).toBe('still here');
  expect((await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'x' }))).status).toBe(200);
};

describe('one that cannot be had', () => {
  it('has no tools, and is told of in the log', async () => {
    const unavailable = [
      ['none', /exit code 127 \(its command was not found\)/],
      ['exits', /exit code 3/],
      ['stray', /what are no messages/],
      ['nowhere', /fetch failed/],
      ['unlisted', /tools/],
    ] as const;
    for (const [server, why] of unavailable)
      await waitFor(`a word on ${server}`, () =>
        messages('mcp.unavailable').some((line) => line.startsWith(`${server}: `) && why.test(line)),
      );
    expect(Object.keys(await catalog(client)).toSorted()).toEqual(['bad', 'good', 'hasty', 'odd']);
    await unharmed();
  });

  it('a tool of one that still starts is not there in the end', async () => {
    expect(await invoke(gateway, 'silent__echo')).toBe('404 not_found: Tool not available: silent__echo');
  });
});

describe('a call', () => {
  it.each([
    ['hasty__hang', 'timeout'],
    ['bad__misfit', 'failed'],
    ['bad__fail', 'failed'],
    ['bad__large', 'output'],
  ])('%s ends with %s', async (tool, kind) => {
    expect(await invoke(gateway, tool)).toBe(failed);
    await waitFor('a count', async () => (await category(tool, kind)) === 1);
    await unharmed();
  });

  it('with arguments that do not fit is told so', async () => {
    expect(await invoke(gateway, 'bad__invalid')).toBe('400 tool_error: text is missing');
  });

  it('is given the rest when some of what it says is no message', async () => {
    expect(await invoke(gateway, 'bad__stray')).toBe('all the same');
  });

  it('that is given up is cancelled at the server', async () => {
    const before = lines().filter((line) => line === 'call hang').length;
    const giveUp = new AbortController();
    const asked = fetch(`${gateway.url}/tools/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ tool: 'bad__hang' }),
      signal: giveUp.signal,
    }).catch(() => undefined);
    await waitFor('the call', () => lines().filter((line) => line === 'call hang').length > before);
    const cancelled = lines().filter((line) => line.startsWith('cancelled')).length;
    giveUp.abort();
    await asked;
    await waitFor('its end', () => lines().filter((line) => line.startsWith('cancelled')).length > cancelled);
  });

  it.each([
    ['exit', 'crashed'],
    ['endless', 'output'],
  ])('%s ends with %s, and the server is started again', async (tool, kind) => {
    const starts = lines().filter((line) => line.startsWith('start')).length;
    expect(await invoke(gateway, `bad__${tool}`)).toBe(failed);
    await waitFor('a count', async () => (await category(`bad__${tool}`, kind)) === 1);
    await waitFor('a start', () => lines().filter((line) => line.startsWith('start')).length > starts);
    await connected(gateway, 'bad', 1);
    expect(await invoke(gateway, 'bad__echo', { text: 'again' })).toBe('again');
    await unharmed();
  });

  it('that floods us costs its own server', async () => {
    expect(await invoke(gateway, 'hasty__flood')).toBe(failed);
    await unharmed();
    await waitFor(
      'its end',
      () => messages('mcp.lost').some((line) => /hasty: it did not (stop|answer)/.test(line)),
      40_000,
    );
    await connected(gateway, 'hasty', 1);
    await unharmed();
  });

  it('that keeps its server busy for ever ends, and so does the server', async () => {
    expect(await invoke(gateway, 'hasty__busy')).toBe(failed);
    await waitFor(
      'its end',
      () => messages('mcp.lost').some((line) => line.includes('hasty: it did not answer')),
      30_000,
    );
    await connected(gateway, 'hasty', 1);
    await unharmed();
  });
});

describe('what it says of its tools', () => {
  it('is made usable, tool by tool', async () => {
    const names = (await catalog(client)).odd ?? [];
    expect(names.filter((name) => name.startsWith('odd__a_b_'))).toHaveLength(2);
    expect(names.filter((name) => name.startsWith('odd__x'))).toHaveLength(1);
    expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(names.length);
    expect(messages('mcp.tools-left-out').join()).toContain('odd: 3 of its tools cannot be offered');
  });

  it('may change', async () => {
    expect(await invoke(gateway, 'good__change')).toBe('changed');
    await waitFor('a new tool', async () =>
      (await catalog(client)).good?.some((name) => /added_/.test(name)),
    );
  });
});

describe('its names', () => {
  it('a server may be called as a group of ours and is not in it', async (test) => {
    const named = await startFor(test, {
      config: {
        ...withServers({ fs: told(), sessions: told() }),
        tools: { allow: ['group:mcp'], deny: ['group:fs', 'group:sessions'] },
      },
    });
    const other = await connectControl(named.wsUrl);
    await arrived(other, 'fs');
    expect(await invoke(named, 'fs__echo', { text: 'hi' })).toBe('hi');
    expect(await invoke(named, 'sessions__echo', { text: 'hi' })).toBe('hi');
  });

  it('policy counts, for each agent', async (test) => {
    const agents = {
      has: { allow: ['good__e*'] },
      coding: { profile: 'coding' },
      minimal: {},
      denied: { profile: 'full', deny: ['group:good'] },
    };
    const list = Object.entries(agents).map(([id, tools]) => ({ id, tools }));
    const { mcp, gateway: workers } = withServers({ good: told() });
    const place = await startFor(test, { config: { mcp, gateway: workers, agents: { list } } });
    await connected(place, 'good', 1);
    const statuses = list.map(async ({ id: agentId }) => {
      const { status } = await postInvoke(place, { tool: 'good__echo', args: { text: '1' }, agentId });
      return `${agentId} ${status}`;
    });
    expect(await Promise.all(statuses)).toEqual(['has 200', 'coding 200', 'minimal 404', 'denied 404']);
  });
});
