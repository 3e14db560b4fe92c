import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { logFileName } from '../../../src/shared/paths.js';
import { waitFor, within } from '../../support/wait-for.js';
import { cli, environmentWith } from '../support/cli.js';
import { freePort, send, startFakeGateway, type Request } from '../support/fake-gateway.js';

const line = (message: string, more: object = {}): string =>
  JSON.stringify({
    time: '2026-01-02T10:00:00.000+00:00',
    level: 'warn',
    subsystem: 'ws',
    message,
    ...more,
  });
const tail = { file: '/l/pllan-2026-01-02.log', cursor: 9, size: 9, truncated: false, reset: false };
const lines = [line('hello \u001B[31mred'), 'not json'];

/** Answers `logs.tail` with these, one after another; the last one goes on. */
function answering(answers: readonly (object | 'hang up')[]) {
  let next = 0;
  return (socket: WebSocket, { id }: Request): void => {
    const payload = answers[next];
    next = Math.min(next + 1, answers.length - 1);
    if (payload === 'hang up') socket.close(1012, 'service restart');
    else send(socket, { type: 'res', id, ok: true, payload });
  };
}

const records = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Record<string, unknown>);

describe('pllan logs', () => {
  test('shows people time, level, subsystem and message', async () => {
    const { port, requests } = await startFakeGateway({ answers: { 'logs.tail': { ...tail, lines } } });
    const env = environmentWith({ gateway: { port } });
    const { exitCode, stdout, stderr } = await cli(['logs', '--utc', '--limit', '7'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toBe('2026-01-02T10:00:00.000Z warn  [ws] hello [31mred\nnot json\n');
    expect(stderr).toBe('Log file: /l/pllan-2026-01-02.log\n');
    expect(requests.at(-1)).toMatchObject({ method: 'logs.tail', params: { limit: 7, maxBytes: 250_000 } });
  });

  test('--plain: messages and nothing else', async () => {
    const { port } = await startFakeGateway({ answers: { 'logs.tail': { ...tail, lines } } });
    const run = await cli(['logs', '--plain'], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ stdout: 'hello [31mred\nnot json\n', stderr: '' });
  });

  test('colors on a terminal, and none with --no-color', async () => {
    const { port } = await startFakeGateway({ answers: { 'logs.tail': { ...tail, lines: [line('x')] } } });
    const setup = { env: environmentWith({ gateway: { port } }), isTTY: true };
    expect((await cli(['logs'], setup)).stdout).toContain('\u001B[33mwarn');
    expect((await cli(['logs', '--no-color'], setup)).stdout).not.toContain('\u001B');
  });

  test('--json: one record a line', async () => {
    const payload = { ...tail, lines, truncated: true };
    const { port } = await startFakeGateway({ answers: { 'logs.tail': payload } });
    const { stdout } = await cli(['logs', '--json', '--utc'], {
      env: environmentWith({ gateway: { port } }),
    });
    expect(records(stdout)).toEqual([
      { type: 'meta', file: tail.file, cursor: 9, size: 9 },
      { type: 'notice', message: expect.stringContaining('--max-bytes') },
      {
        type: 'log',
        time: '2026-01-02T10:00:00.000Z',
        level: 'warn',
        subsystem: 'ws',
        message: 'hello \u001B[31mred',
        raw: lines[0],
      },
      { type: 'raw', raw: 'not json' },
    ]);
  });

  test.each([
    [['--limit', '0'], 'Invalid --limit (use a number from 1 to 5000)'],
    [['--max-bytes', 'x'], 'Invalid --max-bytes (use a number from 1 to 1000000)'],
    [['--interval', '0'], 'Invalid --interval (use a number from 1 to 2147483647)'],
    [['--utc', '--local-time'], 'Use either --utc or --local-time.'],
  ])('refuses %j', async (options, message) => {
    const { exitCode, stderr } = await cli(['logs', ...options]);
    expect([exitCode, stderr]).toEqual([1, `${message}\n`]);
  });
});

describe('without a gateway', () => {
  test('reads the log file of this state directory, and says so', async () => {
    const port = await freePort();
    const env = environmentWith({ gateway: { port } });
    const dir = join(env.PLLAN_STATE_DIR, 'logs');
    mkdirSync(dir);
    const file = join(dir, logFileName(new Date()));
    writeFileSync(file, `${line('from the file')}\n`);
    const { exitCode, stdout } = await cli(['logs', '--json'], { env });
    expect(exitCode).toBe(0);
    expect(records(stdout)).toMatchObject([
      { type: 'notice', message: expect.stringMatching(/^gateway not reachable: .*reading the log file/) },
      { type: 'meta', file, sourceKind: 'file' },
      { type: 'log', message: 'from the file' },
    ]);
  });

  test('reads the configured file, also while the device waits for approval', async () => {
    const { port } = await startFakeGateway({
      answers: {
        'logs.tail': (socket, { id }) => {
          const error = {
            code: 'NOT_PAIRED',
            message: 'pairing required',
            details: { code: 'PAIRING_REQUIRED' },
          };
          send(socket, { type: 'res', id, ok: false, error });
        },
      },
    });
    const env = environmentWith({ gateway: { port }, logging: { file: '~/own.log' } });
    writeFileSync(join(env.PLLAN_STATE_DIR, 'own.log'), `${line('mine')}\n`);
    expect((await cli(['logs', '--plain'], { env })).stdout).toBe('mine\n');
  });

  test('one that is named is the only one: exit 1, the error on stderr', async () => {
    const port = await freePort();
    const options = ['logs', '--json', '--url', `ws://127.0.0.1:${port}`, '--token', 'tok'];
    const { exitCode, stdout, stderr } = await cli(options);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'error',
      message: expect.stringContaining('gateway not reachable'),
      details: expect.arrayContaining([`Gateway target: ws://127.0.0.1:${port}`]),
    });
  });

  test('a refusal is no reason to read the file', async () => {
    const { port } = await startFakeGateway({ token: 'right' });
    const env = environmentWith({ gateway: { port, auth: { token: 'wrong' } } });
    const { exitCode, stdout, stderr } = await cli(['logs', '--json'], { env });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'error',
      message: expect.stringContaining('unauthorized'),
    });
  });
});

describe('--follow', () => {
  const answer = (cursor: number, ...messages: string[]): object => ({
    ...tail,
    cursor,
    lines: messages.map((message) => line(message)),
  });

  test('asks for what came since, connects again when the connection is lost, ends with Ctrl-C', async () => {
    let interrupt = (): void => {};
    const { port, requests } = await startFakeGateway({
      answers: { 'logs.tail': answering([answer(1, 'a'), 'hang up', answer(2, 'b'), answer(2)]) },
    });
    const asked = (): unknown[] =>
      requests.filter(({ method }) => method === 'logs.tail').map(({ params }) => params.cursor);
    const run = cli(['logs', '--follow', '--plain', '--interval', '1'], {
      env: environmentWith({ gateway: { port } }),
      onInterrupt: (listener) => {
        interrupt = listener;
        return () => {};
      },
    });
    await waitFor('a look after the last line', () => asked().length >= 4);
    interrupt();
    expect(await within('the end', run)).toMatchObject({
      exitCode: 130,
      stdout: 'a\nb\n',
      stderr: expect.stringContaining('reconnecting in 250 ms (try 1 of 8)'),
    });
    expect(asked().slice(0, 4)).toEqual([undefined, 1, 1, 2]);
  });

  test('begins anew in the file of another day', async () => {
    const gone = new AbortController();
    const { port, requests } = await startFakeGateway({
      answers: {
        'logs.tail': answering([
          answer(50, 'yesterday'),
          { ...answer(60, 'half'), file: '/l/pllan-2026-01-03.log' },
          { ...answer(60, 'one', 'two'), file: '/l/pllan-2026-01-03.log' },
          { ...answer(60), file: '/l/pllan-2026-01-03.log' },
        ]),
      },
    });
    const run = cli(['logs', '--follow', '--plain', '--interval', '1'], {
      env: environmentWith({ gateway: { port } }),
      outputGone: gone.signal,
    });
    await waitFor('a fourth look', () => requests.filter(({ method }) => method === 'logs.tail').length >= 4);
    gone.abort();
    expect(await within('the end', run)).toMatchObject({ exitCode: 0, stdout: 'yesterday\none\ntwo\n' });
    expect(requests.map(({ params }) => params.cursor).slice(1, 5)).toEqual([undefined, 50, 0, 60]);
  });
});
