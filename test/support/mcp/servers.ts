/** MCP servers for tests: the one that does as it is told, and the protocol's own that shows all there is. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ControlClient } from '../control-client.js';
import { freePort, type TestGateway } from '../gateway.js';
import { scrape } from '../metrics.js';
import { answer } from '../session-calls.js';
import { postInvoke } from '../tool-calls.js';
import { startProcess, type StartedProcess } from './start-process.js';
import { waitFor } from '../wait-for.js';

const program = fileURLToPath(new URL('server.mjs', import.meta.url));
const everythingProgram = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

/** @param how it starts: `well`, `silent`, `exits`, … */
export const told = (how = 'well', more: object = {}): object => ({
  command: process.execPath,
  args: [program, how],
  ...more,
});

export const everything = (): object => ({ command: process.execPath, args: [everythingProgram, 'stdio'] });

/** The same, as a server of its own. */
export async function startEverything(
  form: 'streamableHttp' | 'sse',
): Promise<StartedProcess & { url: string }> {
  const port = await freePort();
  const started = startProcess([everythingProgram, form], { PORT: String(port) });
  const url = `http://127.0.0.1:${port}/${form === 'sse' ? 'sse' : 'mcp'}`;
  await waitFor(
    'a server',
    async () => {
      const reached = await fetch(`http://127.0.0.1:${port}/nothing`).catch(() => undefined);
      return reached !== undefined;
    },
    30_000,
  );
  return { ...started, url };
}

/** Config under which agents have what these servers have, and nothing else. */
export const withServers = (
  servers: Readonly<Record<string, object>>,
  workers = 1,
): Record<string, unknown> => ({
  mcp: { servers },
  tools: { allow: ['group:mcp'] },
  gateway: { workers: { count: workers } },
});

/** Names of the tools in a catalog, by group. */
export async function catalog(client: ControlClient): Promise<Record<string, string[]>> {
  const { groups } = (await answer(client, 'tools.catalog', {})) as {
    groups: { id: string; source: string; tools: { id: string }[] }[];
  };
  return Object.fromEntries(
    groups
      .filter(({ source }) => source === 'mcp')
      .map(({ id, tools }) => [id, tools.map((tool) => tool.id)]),
  );
}

/** Waits until so many workers have it. */
export const connected = (gateway: TestGateway, server: string, workers: number): Promise<unknown> =>
  waitFor(
    `connections to ${server}`,
    async () => (await scrape(gateway.url)).total('pllan_mcp_servers_connected', { server }) === workers,
    30_000,
  );

/** Waits until the tools of a server are there. */
export const arrived = (client: ControlClient, server: string): Promise<string[]> =>
  waitFor(`tools of ${server}`, async () => (await catalog(client))[server], 20_000);

/** What a tool says, or the status and error that its call is refused with. */
export async function invoke(gateway: TestGateway, tool: string, args: object = {}): Promise<string> {
  const { status, body } = await postInvoke(gateway, { tool, args });
  const { result, error } = body as {
    result?: { content: { text?: string }[] };
    error?: { type: string; message: string };
  };
  return result ? (result.content[0]?.text ?? '') : `${status} ${error?.type}: ${error?.message}`;
}
