/** Built-in tools called directly (http.md §9): what policy gives of them, and what they tell of sessions. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { startLiveConfig, type LiveConfig } from '../../support/live-config.js';
import { runAgent } from '../../support/run-story.js';
import { answer } from '../../support/session-calls.js';
import { postInvoke } from '../../support/tool-calls.js';

const sessionTools = ['sessions_list', 'sessions_history', 'session_status', 'agents_list'];
const readingTools = ['read', 'list', 'search', 'web_fetch'];
const writingTools = ['write', 'edit', 'apply_patch'];
/** What none of the tools takes, so that a call tells whether there is the tool, and does nothing. */
const nothing = { nothing: true };

/** Those of them that may be called. */
async function callable(gateway: TestGateway, names: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    names.map(async (tool) => ({ tool, ...(await postInvoke(gateway, { tool, args: nothing })) })),
  );
  for (const { tool, status, body } of answers) {
    const [type, message] =
      status === 404
        ? ['not_found', `Tool not available: ${tool}`]
        : ['tool_error', expect.stringContaining(`invalid arguments for ${tool}: `) as unknown];
    expect([status, body]).toEqual([status === 404 ? 404 : 400, { ok: false, error: { type, message } }]);
  }
  return answers.filter(({ status }) => status !== 404).map(({ tool }) => tool);
}

const all = [...sessionTools, ...readingTools, ...writingTools];

const policies: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
  ['nothing', {}, sessionTools],
  ['minimal', { tools: { profile: 'minimal' } }, sessionTools],
  ['messaging', { tools: { profile: 'messaging' } }, sessionTools],
  ['coding', { tools: { profile: 'coding' } }, [...sessionTools, ...readingTools]],
  ['full', { tools: { profile: 'full' } }, [...sessionTools, ...readingTools]],
  ['a group', { tools: { allow: ['group:fs'] } }, [...sessionTools, 'read', 'list', 'search']],
  ['a denied group', { tools: { profile: 'full', deny: ['group:fs'] } }, [...sessionTools, 'web_fetch']],
  [
    'names that are allowed, and one that is denied',
    {
      tools: { profile: 'coding' },
      gateway: { tools: { allow: ['write', 'edit'], deny: ['sessions_list', 'read'] } },
    },
    ['sessions_history', 'session_status', 'agents_list', 'list', 'search', 'web_fetch', 'write', 'edit'],
  ],
  ['an agent’s own', { agents: { list: [{ id: 'main', tools: { deny: ['*'] } }] } }, []],
];

describe('which tools may be called', () => {
  let live: LiveConfig;
  beforeAll(async () => {
    live = await startLiveConfig({ config: { tools: { deny: ['*'] } } });
  });
  afterAll(() => live.stop());

  it.each(policies)('with %s configured', async (_what, config, names) => {
    await live.apply(config);
    expect(await callable(live.gateway, all)).toEqual(all.filter((name) => names.includes(name)));
  });

  it('with no threads for tools configured', async (test) => {
    const gateway = await startFor(test, { config: { gateway: { workers: { toolThreads: 0 } } } });
    expect(await callable(gateway, all)).toEqual([]);
  });

  it('none of those for tests where tests are not meant', async (test) => {
    const gateway = await startFor(test, {
      config: { tools: { profile: 'full', allow: ['*'] }, gateway: { tools: { allow: ['*'] } } },
      env: { PLLAN_TEST_HOOKS: '' },
    });
    const client = await connectControl(gateway.wsUrl);
    const { groups } = await answer(client, 'tools.catalog', {});
    const listed = groups as { id: string; label: string; tools: { id: string }[] }[];
    expect(listed.map(({ id, label }) => [id, label])).toEqual([
      ['fs', 'Files'],
      ['web', 'Web'],
      ['sessions', 'Sessions'],
      ['runtime', 'Commands'],
    ]);
    expect(listed.flatMap(({ tools }) => tools.map(({ id }) => id)).sort()).toEqual([...all, 'exec'].sort());
    expect((await postInvoke(gateway, { tool: 'test_echo' })).status).toBe(404);
  });
});

interface Told {
  readonly details: Record<string, unknown>;
}

async function told(
  gateway: TestGateway,
  tool: string,
  args: object = {},
  more: object = {},
): Promise<Told['details']> {
  const { status, body } = await postInvoke(gateway, { tool, args, ...more });
  expect([status, body]).toMatchObject([200, { ok: true }]);
  const { content, details } = body.result as Told & { content: { text: string }[] };
  expect(JSON.parse(content[0]?.text ?? '')).toEqual(details);
  return details;
}

const keysIn = ({ sessions }: Told['details']): string[] =>
  (sessions as { key: string }[]).map(({ key }) => key);

describe('sessions', () => {
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    gateway = await startGateway({ config: { agents: { list: [{ id: 'main' }, { id: 'other' }] } } });
    client = await connectControl(gateway.wsUrl);
    for (const key of ['one', 'two', 'agent:other:three']) await runAgent(client, `Hello ${key}`, key);
  });
  afterAll(() => gateway.stop());

  it('are listed, an agent’s own, the last one first', async () => {
    expect(keysIn(await told(gateway, 'sessions_list'))).toEqual(['agent:main:two', 'agent:main:one']);
    expect(await told(gateway, 'sessions_list', { limit: 1 })).toMatchObject({
      hasMore: true,
      nextOffset: 1,
    });
    expect(keysIn(await told(gateway, 'sessions_list', {}, { agentId: 'other' }))).toEqual([
      'agent:other:three',
    ]);
  });

  it('have the same row as in sessions.list', async () => {
    const { sessions } = await answer(client, 'sessions.list', { search: 'agent:main:one' });
    const [row] = sessions as object[];
    const { sessions: listed } = await told(gateway, 'sessions_list', { search: 'agent:main:one' });
    expect(row).toMatchObject((listed as object[])[0] ?? {});
  });

  it('are read, and not those of another agent', async () => {
    const history = await told(gateway, 'sessions_history', { sessionKey: 'one' });
    expect(history).toMatchObject({
      sessionKey: 'agent:main:one',
      messages: [{ role: 'user', content: [{ text: 'Hello one' }] }, { role: 'assistant' }],
    });
    expect(await told(gateway, 'sessions_history', {}, { sessionKey: 'one' })).toEqual(history);
    for (const tool of ['sessions_history', 'session_status']) {
      const { status, body } = await postInvoke(gateway, { tool, args: { sessionKey: 'agent:other:three' } });
      expect([status, body]).toMatchObject([
        400,
        { error: { type: 'tool_error', message: 'session not found: agent:other:three' } },
      ]);
    }
  });

  it('of all agents where the configuration says so', async (test) => {
    const other = await startFor(test, {
      config: {
        agents: { list: [{ id: 'main' }, { id: 'other' }] },
        tools: { sessions: { visibility: 'all' } },
      },
    });
    const control = await connectControl(other.wsUrl);
    await runAgent(control, 'Hello', 'agent:other:three');
    expect(keysIn(await told(other, 'sessions_list'))).toEqual(['agent:other:three']);
  });

  it('that begin while a thread has the store open are seen', async () => {
    for (const key of ['four', 'five', 'six']) {
      await runAgent(client, 'Hello', key);
      expect(keysIn(await told(gateway, 'sessions_list', { limit: 1 }))).toEqual([`agent:main:${key}`]);
    }
  });
});

it('a workspace is found where ~ means home', async (test) => {
  const home = temporaryDir();
  mkdirSync(join(home, 'agents/other'), { recursive: true });
  writeFileSync(join(home, 'agents/file.txt'), 'of all');
  writeFileSync(join(home, 'agents/other/file.txt'), 'of one');
  const gateway = await startFor(test, {
    config: {
      tools: { profile: 'coding' },
      agents: {
        defaults: { workspace: '~/agents' },
        list: [{ id: 'main' }, { id: 'other', workspace: '~/agents/other' }],
      },
    },
    env: { PLLAN_HOME: home },
  });
  const read = async (more: object): Promise<unknown> =>
    (await postInvoke(gateway, { tool: 'read', args: { path: 'file.txt' }, ...more })).body;
  expect(await read({})).toMatchObject({ result: { content: [{ text: 'of all' }] } });
  expect(await read({ agentId: 'other' })).toMatchObject({ result: { content: [{ text: 'of one' }] } });
  expect(existsSync('~')).toBe(false);
});
