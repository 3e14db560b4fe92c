/** `pllan sessions export` and `import`: real gateways, real stores, and files as people may have changed them. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, runTurn } from '../../support/session-calls.js';
import { cli } from '../support/cli.js';

async function sessions(stateDir: string, ...words: string[]) {
  const env = { PLLAN_HOME: stateDir, PLLAN_STATE_DIR: stateDir };
  return cli(['sessions', ...words], { env });
}

async function asJson(stateDir: string, ...words: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await sessions(stateDir, ...words, '--json')).stdout) as Record<string, unknown>;
}

const index = (dir: string) =>
  JSON.parse(readFileSync(join(dir, 'sessions.json'), 'utf8')) as Record<string, Record<string, unknown>>;

describe('beside a running gateway', () => {
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    gateway = await startGateway();
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(() => gateway.stop());

  test('export writes what was said, and import elsewhere lets a gateway go on with it', async (context) => {
    const key = newKey();
    await runTurn(client, 'first ü 🙂', key);
    await answer(client, 'sessions.patch', { key, label: 'kept', model: null });
    const dir = join(temporaryDir(), 'out');
    const run = await sessions(gateway.stateDir, 'export', dir);
    expect(run).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Exported \d+ sessions? with \d+ lines to .*\/out\.\n$/),
      stderr: '',
    });
    const stored = index(dir)[`agent:main:${key}`];
    expect(stored).toMatchObject({ label: 'kept', sessionFile: `${stored?.sessionId as string}.jsonl` });

    const stateDir = temporaryDir();
    const report = await asJson(stateDir, 'import', dir);
    expect(report).toMatchObject({ ok: true, refused: [], skippedLines: 0, unnamed: [] });
    const other = await startFor(context, { stateDir });
    const reader = await connectControl(other.wsUrl);
    const history = async () => {
      const { messages } = await answer(reader, 'chat.history', { sessionKey: key });
      return (messages as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text);
    };
    expect(await history()).toEqual(['first ü 🙂', 'first ü 🙂']);
    await runTurn(reader, 'second', key);
    expect(await history()).toEqual(['first ü 🙂', 'first ü 🙂', 'second', 'second']);
    await reader.close();
  });

  test('export takes what there is at its moment while runs go on', async () => {
    const key = newKey();
    await runTurn(client, 'before', key);
    const going = Array.from({ length: 20 }, (_, n) => runTurn(client, `meanwhile ${n}`, key));
    const dir = join(temporaryDir(), 'out');
    expect(await asJson(gateway.stateDir, 'export', dir)).toMatchObject({ ok: true });
    await Promise.all(going);
    const { sessionId } = index(dir)[`agent:main:${key}`] ?? {};
    const lines = readFileSync(join(dir, `${sessionId as string}.jsonl`), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)[0]).toBe('session');
  });

  test('import says that the gateway has to be stopped', async () => {
    const dir = join(temporaryDir(), 'out');
    await sessions(gateway.stateDir, 'export', dir);
    const { exitCode, stdout, stderr } = await sessions(gateway.stateDir, 'import', dir);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^Cannot write to the store: gateway already running \(pid \d+\).*\n.*Stop it with/,
    );
  });

  test('export does not write among other files', async () => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'mine'), '');
    const run = await sessions(gateway.stateDir, 'export', dir);
    expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: `${dir} is not empty\n` });
    expect(readdirSync(dir)).toEqual(['mine']);
  });
});

test('where no gateway has run there is nothing to export, and no store is made', async () => {
  const stateDir = temporaryDir();
  const run = await sessions(stateDir, 'export', join(stateDir, 'out'));
  expect(run).toMatchObject({
    exitCode: 1,
    stderr: `There is no store in ${stateDir}: no gateway has run there.\n`,
  });
  expect(readdirSync(stateDir)).toEqual([]);
});

describe('import', () => {
  let stateDir: string;
  let dir: string;
  beforeEach(() => {
    stateDir = temporaryDir();
    dir = temporaryDir();
  });

  const line = (id: string, more: object = {}): string =>
    JSON.stringify({ type: 'message', id, message: { role: 'user', content: [] }, ...more });
  const head = (sessionId: string): string => JSON.stringify({ type: 'session', id: sessionId });
  /** Files of one session, or more of them in the same folder. */
  function put(rest: string, lines: readonly string[] | undefined, entry: object = {}): void {
    const sessionId = `id-${rest}`;
    const known = existsSync(join(dir, 'sessions.json')) ? index(dir) : {};
    const made = { ...known, [`agent:main:${rest}`]: { sessionId, updatedAt: 1, ...entry } };
    writeFileSync(join(dir, 'sessions.json'), JSON.stringify(made));
    if (lines) writeFileSync(join(dir, `${sessionId}.jsonl`), lines.map((one) => `${one}\n`).join(''));
  }
  async function exported(): Promise<Record<string, string>> {
    const out = join(temporaryDir(), 'out');
    await sessions(stateDir, 'export', out);
    return Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]));
  }

  test('skips lines that are none, says which, and keeps the others as they are', async () => {
    const odd = [
      '{"type":"message","id":"a',
      '[]',
      '{"id":"x"}',
      '{"type":"message","id":"b","message":{"role":"user","content":"text"}}',
      '{"type":"message","id":"c"}',
      head('id-a'),
    ];
    const tomorrow = '{"type":"of-tomorrow","what":{"deep":[1,null,"ü"]}}';
    put('a', [head('id-a'), line('1'), ...odd, '', tomorrow, line('2', { more: 1 })]);
    appendFileSync(join(dir, 'id-a.jsonl'), Buffer.from([0xff, 0x0a]));
    appendFileSync(join(dir, 'id-a.jsonl'), line('3')); // without an end
    const { exitCode, stdout, stderr } = await sessions(stateDir, 'import', dir);
    expect([exitCode, stdout]).toEqual([0, `Imported 1 session with 5 lines from ${dir}.\n`]);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'Skipped line 3 of id-a.jsonl: not JSON',
      'Skipped line 4 of id-a.jsonl: not an object',
      "Skipped line 5 of id-a.jsonl: at root: must have required property 'type'",
      'Skipped line 6 of id-a.jsonl: at /message/content: must be array',
      "Skipped line 7 of id-a.jsonl: at root: must have required property 'message'",
      'Skipped line 8 of id-a.jsonl: a second line of type session',
      'Skipped line 12 of id-a.jsonl: not UTF-8, or too long',
    ]);
    const kept = [head('id-a'), line('1'), tomorrow, line('2', { more: 1 }), line('3')];
    expect((await exported())['id-a.jsonl']).toBe(kept.map((one) => `${one}\n`).join(''));
  });

  test('counts skipped lines when there are many', async () => {
    put('a', [head('id-a'), ...Array.from({ length: 30 }, () => 'no')]);
    const { stderr } = await sessions(stateDir, 'import', dir);
    expect(stderr.split('\n')).toHaveLength(22);
    expect(stderr).toMatch(/\nSkipped 10 more lines\.\n$/);
  });

  test('makes the first line of a transcript that has lost its own', async () => {
    put('a', ['{"type":"session","id":"id', line('1')]);
    put('b', [line('1')]);
    expect(await asJson(stateDir, 'import', dir)).toMatchObject({ ok: true, lines: 4, skippedLines: 1 });
    const made = '{"type":"session","version":3,"id":"id-b","timestamp":"1970-01-01T00:00:00.001Z"}';
    expect((await exported())['id-b.jsonl']).toBe(`${made}\n${line('1')}\n`);
  });

  test('refuses what is wrong, names it, and stores the rest', async () => {
    put('good', [head('id-good'), line('1')]);
    put('none', undefined);
    put('missing', undefined, { sessionFile: 'id-missing.jsonl' });
    put('foreign', [head('id-good')]);
    put('climbs', undefined, { sessionId: '../../x' });
    put('shared', undefined, { sessionId: 'id-good' });
    put('first', undefined, { label: 'one' });
    put('second', undefined, { label: 'one' });
    put('timeless', undefined, { updatedAt: 'now' });
    put('counted', undefined, { droppedMessages: 7 });
    const all = { ...index(dir), 'not a key': { sessionId: 'k', updatedAt: 1 }, 'agent:main:x': 7 };
    writeFileSync(join(dir, 'sessions.json'), JSON.stringify(all));
    writeFileSync(join(dir, 'nobody.jsonl'), '');
    const { exitCode, stdout, stderr } = await sessions(stateDir, 'import', dir, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      sessions: 3,
      unnamed: ['nobody.jsonl'],
      refused: [
        { key: 'agent:main:missing', reason: 'id-missing.jsonl is missing' },
        { key: 'agent:main:foreign', reason: 'id-foreign.jsonl is the transcript of another session' },
        { key: 'agent:main:climbs', reason: expect.stringContaining('at /sessionId: must match') },
        { key: 'agent:main:shared', reason: 'its transcript is that of session agent:main:good' },
        { key: 'agent:main:second', reason: 'its label is that of session agent:main:first' },
        { key: 'agent:main:timeless', reason: 'at /updatedAt: must be number' },
        { key: 'agent:main:counted', reason: 'at /droppedMessages: must be object' },
        { key: 'not a key', reason: 'not a session key' },
        { key: 'agent:main:x', reason: 'at root: must be object' },
      ],
    });
    expect(stderr).toContain('Not imported: nobody.jsonl: no session of the index names it\n');
    expect(Object.keys(JSON.parse((await exported())['sessions.json'] ?? '') as object)).toEqual([
      'agent:main:first',
      'agent:main:good',
      'agent:main:none',
    ]);
  });

  test('leaves sessions that are there alone, or replaces them whole', async () => {
    put('a', [head('id-a'), line('1'), line('2')], { displayName: 'old' });
    await sessions(stateDir, 'import', dir);
    const before = await exported();
    put('a', [head('id-a'), line('3')], { displayName: 'new' });
    expect(await asJson(stateDir, 'import', dir)).toMatchObject({
      ok: false,
      refused: [{ key: 'agent:main:a', reason: 'there is such a session; --overwrite replaces it' }],
    });
    expect(await exported()).toEqual(before);
    expect(await asJson(stateDir, 'import', dir, '--overwrite')).toMatchObject({ ok: true, sessions: 1 });
    const after = await exported();
    expect(after['id-a.jsonl']).toBe(`${head('id-a')}\n${line('3')}\n`);
    expect(after['sessions.json']).toContain('"displayName":"new"');
  });

  test('brings a deleted session back, when told that its lines may go', async (context) => {
    const gateway = await startFor(context, { stateDir });
    const client = await connectControl(gateway.wsUrl);
    const key = newKey();
    await runTurn(client, 'said', key);
    rmSync(dir, { recursive: true });
    await sessions(stateDir, 'export', dir);
    await answer(client, 'sessions.delete', { key });
    await gateway.stop();
    const before = await asJson(stateDir, 'import', dir);
    expect(before.refused).toEqual([
      {
        key: `agent:main:${key}`,
        reason: 'lines of its transcript are in the store without it; --overwrite replaces them',
      },
    ]);
    expect(await asJson(stateDir, 'import', dir, '--overwrite')).toMatchObject({ ok: true, lines: 3 });
    const { [`${String(index(dir)[`agent:main:${key}`]?.sessionId)}.jsonl`]: lines } = await exported();
    expect(lines?.split('\n')).toHaveLength(4);
  });

  test.each([
    ['is no folder', () => rmSync(dir, { recursive: true })],
    ['is no export: it has no sessions.json', () => {}],
    ['cannot be read', () => writeFileSync(join(dir, 'sessions.json'), '{')],
    ['is not an object of sessions', () => writeFileSync(join(dir, 'sessions.json'), '[]')],
  ])('says of a folder that it %s', async (message, prepare) => {
    prepare();
    const { exitCode, stderr } = await sessions(stateDir, 'import', dir);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  test('leaves no lock behind', async () => {
    mkdirSync(join(stateDir, 'workspace'));
    put('a', undefined);
    await sessions(stateDir, 'import', dir);
    expect(readdirSync(stateDir).toSorted()).toEqual(['store', 'workspace']);
  });
});
