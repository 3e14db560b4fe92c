/** The tools that tell of sessions, on a store that is being written. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'rolldown';
import { beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Change, Store } from '../../../src/primary/store/store.js';
import type { SessionEntry, TranscriptEntry } from '../../../src/shared/store/records.js';
import type { ToolSettings } from '../../../src/shared/tools/settings.js';
import { temporaryDir } from '../../support/gateway.js';
import { caller, toolSettings, type Caller } from './support/call.js';

const NOW = Date.now();

function session(key: string, ageMinutes: number, over: Partial<SessionEntry> = {}): Change {
  const entry = { sessionId: `id-${key}`, updatedAt: NOW - ageMinutes * 60_000, ...over };
  return { type: 'session', key: key as never, entry };
}

function lines(key: string, ...messages: readonly object[]): Change {
  const timestamp = new Date(NOW).toISOString();
  const first: TranscriptEntry = { type: 'session', id: `id-${key}`, version: 3, timestamp };
  const rest = messages.map((message, n): TranscriptEntry => ({
    type: 'message',
    id: String(n).padStart(8, '0'),
    parentId: null,
    timestamp,
    message,
  }));
  return { type: 'append', sessionId: `id-${key}`, entries: [first, ...rest] };
}

const said = (role: string, text: string): object => ({
  role,
  content: [{ type: 'text', text }],
  timestamp: NOW,
});

const allSettings: ToolSettings = {
  ...toolSettings,
  sessions: { ...toolSettings.sessions, visibility: 'all' },
};

let storeDir: string;
let store: Store;
let main: Caller;
let work: Caller;
let all: Caller;

beforeAll(async () => {
  storeDir = join(temporaryDir(), 'store');
  store = openEmbeddedStore(storeDir);
  await store.commit([
    session('agent:main:main', 1, {
      label: 'Notes',
      providerOverride: 'p',
      modelOverride: 'm2',
      modelProvider: 'p',
      model: 'm1',
      totalTokens: 7,
      sessionStartedAt: NOW,
    }),
    session('agent:main:trip', 90, { displayName: 'A trip' }),
    session('agent:main:old', 5_000, { archived: true }),
    session('agent:work:main', 2),
    session('agent:mainly:main', 0),
    session('global', 3),
    session('unknown', 0),
    lines(
      'agent:main:main',
      said('user', 'first'),
      said('assistant', 'NO_REPLY'),
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'let me see' },
          { type: 'toolCall', id: 'c', name: 'read', arguments: { path: 'x' } },
        ],
        timestamp: NOW,
      },
      {
        role: 'toolResult',
        toolCallId: 'c',
        toolName: 'read',
        content: [{ type: 'text', text: 'x is' }],
        timestamp: NOW,
      },
      said('assistant', 'x'.repeat(5_000)),
    ),
    lines('agent:work:main', said('user', 'between us')),
  ]);
  main = caller({ storeDir });
  work = caller({ storeDir, agentId: 'work', sessionKey: 'agent:work:main' });
  all = caller({
    storeDir,
    settings: allSettings,
  });
});

interface Listed {
  readonly sessions: readonly { readonly key: string }[];
  readonly [more: string]: unknown;
}

async function listed(from: Caller, args: object = {}): Promise<Listed> {
  return JSON.parse(await from.text('sessions_list', args)) as Listed;
}

const keys = ({ sessions }: Listed): string[] => sessions.map(({ key }) => key);

describe('sessions_list', () => {
  test('gives the agent’s own sessions, last updated first', async () => {
    expect(keys(await listed(main))).toEqual(['agent:main:main', 'global', 'agent:main:trip']);
    expect(keys(await listed(work))).toEqual(['agent:work:main']);
  });

  test('gives those of all agents when the configuration says so', async () => {
    expect(keys(await listed(all))).toEqual([
      'agent:mainly:main',
      'agent:main:main',
      'agent:work:main',
      'global',
      'agent:main:trip',
    ]);
  });

  test('gives rows as sessions.list has them', async () => {
    const { sessions, ...rest } = await listed(main, { limit: 1 });
    expect(rest).toEqual({ ts: expect.any(Number), count: 1, hasMore: true, nextOffset: 1 });
    expect(sessions).toEqual([
      {
        key: 'agent:main:main',
        kind: 'direct',
        updatedAt: NOW - 60_000,
        displayName: 'main',
        label: 'Notes',
        thinkingLevel: 'off',
        sessionId: 'id-agent:main:main',
        totalTokens: 7,
        modelProvider: 'p',
        model: 'm2',
        hasActiveRun: false,
        agentId: 'main',
      },
    ]);
  });

  test('gives the next page, those used lately, those that are named so, archived ones', async () => {
    expect(keys(await listed(main, { offset: 1, limit: 1 }))).toEqual(['global']);
    expect(await listed(main, { offset: 2 })).toMatchObject({ count: 1, hasMore: false });
    expect(keys(await listed(main, { activeMinutes: 2 }))).toEqual(['agent:main:main']);
    expect(keys(await listed(main, { search: ' TRIP' }))).toEqual(['agent:main:trip']);
    expect(keys(await listed(main, { search: 'notes' }))).toEqual(['agent:main:main']);
    expect(keys(await listed(main, { archived: true }))).toEqual(['agent:main:old']);
  });

  test('tells of what was committed a moment ago', async () => {
    expect(await listed(work)).toMatchObject({ sessions: [{ hasActiveRun: false }] });
    const run = {
      runId: 'r',
      method: 'agent',
      sessionKey: 'agent:work:main',
      sessionId: 'id-agent:work:main',
      agentId: 'work',
      message: 'hi',
      acceptedAt: NOW,
    } as never;
    await store.commit([{ type: 'run', run }]);
    expect(await listed(work)).toMatchObject({ sessions: [{ hasActiveRun: true, status: 'running' }] });
  });
});

describe('sessions_history', () => {
  const history = async (from: Caller, args: object = {}): Promise<Record<string, unknown>> =>
    JSON.parse(await from.text('sessions_history', args)) as Record<string, unknown>;

  test('gives what was said, oldest first', async () => {
    expect(await history(main)).toEqual({
      sessionKey: 'agent:main:main',
      sessionId: 'id-agent:main:main',
      messages: [
        said('user', 'first'),
        said('assistant', 'let me see'),
        said('assistant', `${'x'.repeat(4_000)}\n...(truncated)...`),
      ],
      hasMore: false,
    });
  });

  test('gives calls of tools when asked to', async () => {
    const { messages } = await history(main, { includeTools: true, limit: 3 });
    expect(messages).toMatchObject([
      { role: 'assistant', content: [{ type: 'text' }, { type: 'toolCall', name: 'read' }] },
      { role: 'toolResult', content: [{ type: 'text', text: 'x is' }] },
      { role: 'assistant' },
    ]);
  });

  test('goes on where it is told to', async () => {
    const page = await history(main, { limit: 1, offset: 1 });
    expect(page).toMatchObject({ messages: [said('assistant', 'let me see')], hasMore: true, nextOffset: 2 });
    expect(await history(main, { offset: 2 })).toMatchObject({
      messages: [said('user', 'first')],
      hasMore: false,
    });
  });

  test('takes a session’s key in its short forms', async () => {
    for (const sessionKey of ['main', 'MAIN', 'agent:main:main'])
      expect(await history(main, { sessionKey })).toMatchObject({ sessionKey: 'agent:main:main' });
    expect(await history(work, { sessionKey: 'main' })).toMatchObject({
      messages: [said('user', 'between us')],
    });
  });

  test('does not tell of others’ sessions, nor whether there are any', async () => {
    for (const sessionKey of ['agent:work:main', 'agent:work:none', 'agent:main:none', 'agent:../x:y'])
      expect(await main.refusal('sessions_history', { sessionKey })).toBe(`session not found: ${sessionKey}`);
    expect(await work.refusal('sessions_history', { sessionKey: 'global' })).toBe(
      'session not found: global',
    );
    expect(await history(all, { sessionKey: 'agent:work:main' })).toMatchObject({
      messages: [said('user', 'between us')],
    });
  });

  test('tells a group of itself alone, which its owner over HTTP is not', async () => {
    const inGroup = { storeDir, sessionKey: 'agent:main:irc:group:lobby', settings: allSettings };
    const group = caller(inGroup);
    expect(keys(await listed(group))).toEqual([]);
    expect(await group.refusal('sessions_history', { sessionKey: 'main' })).toBe('session not found: main');
    expect(await history(group)).toMatchObject({ messages: [] });
    expect(keys(await listed(caller({ ...inGroup, via: 'http' })))).toContain('agent:main:main');
  });

  test('of a session of which nothing is stored is empty', async () => {
    const fresh = caller({ storeDir, sessionKey: 'agent:main:fresh' });
    expect(await history(fresh)).toEqual({ sessionKey: 'agent:main:fresh', messages: [], hasMore: false });
  });

  test('needs a session', async () => {
    const none = caller({ storeDir, sessionKey: '' });
    expect(await none.refusal('sessions_history', {})).toBe('there is no session here: name one');
  });

  test('has a limit in characters', async () => {
    const key = 'agent:long:main';
    await store.commit([
      session(key, 0),
      lines(key, ...Array.from({ length: 100 }, (_, n) => said('user', `${n} ${'x'.repeat(3_000)}`))),
    ]);
    const long = caller({ storeDir, agentId: 'long', sessionKey: key });
    const { messages, ...rest } = await history(long, { limit: 200 });
    expect(rest).toMatchObject({ hasMore: true, nextOffset: 19 });
    expect(messages).toHaveLength(19);
  });
});

describe('session_status', () => {
  test('tells of the session and the time', async () => {
    const status = JSON.parse(await main.text('session_status', {})) as Record<string, unknown>;
    expect(status).toMatchObject({
      sessionKey: 'agent:main:main',
      session: { model: 'm2', totalTokens: 7, sessionStartedAt: NOW, compactionCount: 0 },
    });
    expect(Date.parse(String(status.now))).toBe(status.ts);
    expect(await main.refusal('session_status', { sessionKey: 'agent:work:main' })).toBe(
      'session not found: agent:work:main',
    );
  });

  test('of a session of which nothing is stored is empty', async () => {
    const fresh = caller({ storeDir, sessionKey: 'agent:main:fresh' });
    expect(JSON.parse(await fresh.text('session_status', {}))).toMatchObject({
      sessionKey: 'agent:main:fresh',
      session: null,
    });
  });
});

test('agents_list gives the agents that are configured', async () => {
  expect(JSON.parse(await work.text('agents_list', {}))).toEqual({
    self: 'work',
    defaultId: 'main',
    agents: [
      { id: 'main', model: 'p/m' },
      { id: 'work', name: 'Work' },
    ],
  });
});

/** Reads sessions for ever; says when it has begun. */
const reader = `
  import { parentPort, workerData } from 'node:worker_threads';
  const { createToolBox } = await import(workerData.toolBox);
  const tool = await createToolBox().load('sessions_list');
  for (let n = 0; ; n += 1) {
    await tool.run({}, workerData.context);
    if (n === 3) parentPort.postMessage('reading');
  }
`;

/** As JavaScript, which is all that a thread understands. @returns where it is */
async function bundled(module: string): Promise<string> {
  const { output } = await build({
    input: module,
    platform: 'node',
    external: ['lmdb'],
    output: { codeSplitting: false, paths: { lmdb: import.meta.resolve('lmdb') } },
    write: false,
  });
  const file = join(temporaryDir(), 'module.mjs');
  writeFileSync(file, output[0].code);
  return pathToFileURL(file).href;
}

test('a thread may end while it reads, and the store goes on', async () => {
  const context = {
    agentId: 'main',
    sessionKey: 'agent:main:main',
    via: 'turn',
    storeDir,
    settings: toolSettings,
  };
  const toolBox = await bundled('src/workers/threads/tools/index.ts');
  for (let n = 0; n < 20; n += 1) {
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(reader)}`), {
      workerData: { context, toolBox },
    });
    await new Promise((resolve, reject) => {
      thread.once('message', resolve).once('error', reject);
    });
    await thread.terminate();
    await store.commit([session(`agent:main:after-${n}`, 100)]);
  }
  expect((await listed(main, { search: 'after-' })).sessions).toHaveLength(20);
});
