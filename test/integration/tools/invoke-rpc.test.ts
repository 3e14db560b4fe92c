/** `tools.catalog`, `tools.effective`, `tools.invoke` (methods.md §5). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, refusal } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

const config = {
  tools: { allow: ['group:test', 'exec'] },
  agents: { list: [{ id: 'main' }, { id: 'other', tools: { profile: 'full', deny: ['test_*'] } }] },
  gateway: { workers: { count: 1 } },
};
let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({ config });
  client = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
});
afterAll(() => gateway.stop());

interface Group {
  readonly id: string;
  readonly source: string;
  readonly tools: readonly { readonly id: string }[];
}

const toolsOf = ({ groups }: Record<string, unknown>): string[] =>
  (groups as Group[]).flatMap(({ tools }) => tools.map(({ id }) => id));

it('the catalog has every tool, and who has which is in effective', async () => {
  const catalog = await answer(client, 'tools.catalog', {});
  expect(catalog).toMatchObject({ agentId: 'main' });
  expect((catalog.profiles as { id: string }[]).map(({ id }) => id)).toEqual([
    'minimal',
    'coding',
    'messaging',
    'full',
  ]);
  expect(toolsOf(catalog)).toEqual(expect.arrayContaining(['test_echo', 'exec']));
  expect((catalog.groups as Group[]).find(({ id }) => id === 'runtime')).toMatchObject({
    label: 'Commands',
    source: 'core',
    tools: [{ id: 'exec', source: 'core', defaultProfiles: ['coding'] }],
  });
  const main = await answer(client, 'tools.effective', { sessionKey: 'main' });
  expect(main).toMatchObject({ agentId: 'main', profile: 'minimal' });
  expect(toolsOf(main)).toEqual(expect.arrayContaining(['test_echo', 'exec']));
  const other = await answer(client, 'tools.effective', { sessionKey: 'agent:other:main' });
  expect(other).toMatchObject({ agentId: 'other', profile: 'full' });
  expect(toolsOf(other)).toContain('exec');
  expect(toolsOf(other)).not.toContain('test_echo');
});

it('a tool is called, with the same policy as over HTTP', async () => {
  const call = (params: object): Promise<Record<string, unknown>> => answer(client, 'tools.invoke', params);
  expect(await call({ name: 'test_echo', args: { text: 'hi' } })).toEqual({
    ok: true,
    toolName: 'test_echo',
    output: { content: [{ type: 'text', text: 'hi' }] },
  });
  expect(await call({ name: 'exec', args: { command: 'ls' } })).toEqual({
    ok: false,
    toolName: 'exec',
    error: { code: 'not_found', message: 'Tool not available: exec' },
  });
  expect(await call({ name: 'test_input' })).toMatchObject({
    ok: false,
    error: { code: 'tool_error', message: 'test_input takes nothing' },
  });
  expect(await call({ name: 'test_throw' })).toMatchObject({
    ok: false,
    error: { code: 'tool_error', message: 'tool execution failed' },
  });
});

it.each([
  [{ name: 'test_echo', agentId: 'nobody' }, 'unknown agent id "nobody"'],
  [{ name: 'test_echo', sessionKey: 'agent:other:x', agentId: 'main' }, 'agentId does not match sessionKey'],
  [{ name: 'test_echo', args: [] }, 'at /args: must be object'],
  [{}, "at root: must have required property 'name'"],
  [{ name: 'x', more: 1 }, "at root: unexpected property 'more'"],
])('%j is refused', async (params, why) => {
  expect(await refusal(client, 'tools.invoke', params)).toContain(
    `INVALID_REQUEST invalid tools.invoke params: ${why}`,
  );
});

it('needs its scope', async () => {
  const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
  expect(await refusal(reader, 'tools.invoke', { name: 'test_echo' })).toBe(
    'FORBIDDEN missing scope: operator.write',
  );
  expect((await reader.call('tools.catalog', {})).ok).toBe(true);
});

it('a repeat with the same key is answered as the first', async () => {
  const idempotencyKey = randomUUID();
  const first = client.call('tools.invoke', {
    name: 'test_wait',
    args: { ms: 300, say: 'a' },
    idempotencyKey,
  });
  const repeat = client.call('tools.invoke', { name: 'test_wait', args: { say: 'b' }, idempotencyKey });
  expect((await repeat).payload).toEqual((await first).payload);
});

it('is told when the worker dies meanwhile, and is not tried again', async (test) => {
  const own = await startFor(test, { config });
  const caller = await connectControl(own.wsUrl);
  const [worker = 0] = own.workers();
  const running = caller.call('tools.invoke', { name: 'test_wait', args: { ms: 60_000 } });
  await caller.call('tools.invoke', { name: 'test_echo' });
  process.kill(worker, 'SIGKILL');
  expect((await running).error).toMatchObject({
    code: 'UNAVAILABLE',
    retryable: false,
    details: { code: 'WORKER_LOST' },
  });
  expect((await caller.call('health')).ok).toBe(true);
  await waitFor('another worker', async () => {
    const { payload, error } = await caller.call('tools.invoke', {
      name: 'test_echo',
      args: { text: 'again' },
    });
    if (error) expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    return payload?.ok === true;
  });
});
