/** `pllan agent` against a server that answers from a table: what is asked, what is said, and how it ends. */
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { waitFor } from '../../support/wait-for.js';
import { cli, environmentWith } from '../support/cli.js';
import { freePort, refuse, send, startFakeGateway, type Request } from '../support/fake-gateway.js';

const key = 'agent:main:main';
const ok = (text: string) => ({ status: 'ok', summary: 'completed', result: { payloads: [{ text }] } });

function respond(socket: WebSocket, { id, params }: Request, payload: object): void {
  send(socket, { type: 'res', id, ok: true, payload: { runId: params.idempotencyKey, ...payload } });
}

const accept = (socket: WebSocket, request: Request): void =>
  respond(socket, request, { sessionKey: key, status: 'accepted', acceptedAt: 1 });

/** Accepts, then ends with this. */
const endsWith =
  (payload: object) =>
  (socket: WebSocket, request: Request): void => {
    accept(socket, request);
    respond(socket, request, payload);
  };

const said = ['-m', 'Hi', '--agent', 'main'];

describe('a run that ends', () => {
  test('well: its texts on stdout, exit 0', async () => {
    const { port, requests } = await startFakeGateway({ answers: { agent: endsWith(ok('Hello\nyou')) } });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Hello\nyou\n', stderr: '' });
    expect(requests.map(({ method }) => method)).toEqual(['connect', 'agent']);
    expect(requests[1]?.params).toEqual({
      message: 'Hi',
      agentId: 'main',
      idempotencyKey: expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  test('well, with --json: the final payload', async () => {
    const { port } = await startFakeGateway({ answers: { agent: endsWith(ok('Hello')) } });
    const env = environmentWith({ gateway: { port } });
    const { exitCode, stdout } = await cli(['agent', ...said, '--json'], { env });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ runId: expect.any(String), ...ok('Hello') });
  });

  test('without a reply: says so on stderr', async () => {
    const payload = { status: 'ok', summary: 'completed', result: { payloads: [] } };
    const { port } = await startFakeGateway({ answers: { agent: endsWith(payload) } });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 0, stdout: '', stderr: 'The agent gave no reply.\n' });
  });

  const partial = { payloads: [{ text: 'Hel' }], meta: {} };
  test.each([
    [{ status: 'timeout', stopReason: 'rpc', result: partial }, 'Hel\n', 'Run aborted (rpc).\n'],
    [{ status: 'timeout', stopReason: 'timeout', result: partial }, 'Hel\n', 'Run timed out.\n'],
    [
      { status: 'timeout', stopReason: 'rpc', timeoutPhase: 'queue' },
      '',
      'Run aborted before it began (rpc).\n',
    ],
    [{ status: 'error', summary: 'failed', result: partial }, 'Hel\n', 'Run failed.\n'],
  ])('otherwise (%j): exit 1', async (payload, stdout, stderr) => {
    const { port } = await startFakeGateway({ answers: { agent: endsWith(payload) } });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 1, stdout, stderr });
  });

  test('with an error: the message, exit 1', async () => {
    const agent = (socket: WebSocket, request: Request): void => {
      accept(socket, request);
      refuse(socket, request, 'provider: 401');
    };
    const { port, requests } = await startFakeGateway({ answers: { agent } });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: 'provider: 401\n' });
    expect(requests).toHaveLength(2);
  });

  test('what would steer a terminal is not printed', async () => {
    const { port } = await startFakeGateway({
      answers: { agent: endsWith(ok('a\u001B[2Jb\r\n\tfamily 👨‍👩‍👧')) },
    });
    const { stdout } = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(stdout).toBe('a[2Jb\n\tfamily 👨‍👩‍👧\n');
  });
});

test('its options become words of the run, and of its session', async () => {
  const { port, requests } = await startFakeGateway({
    answers: { agent: endsWith(ok('x')), 'sessions.patch': {} },
  });
  const words =
    '--message=-1 --session-key notes --agent ops --thinking high --deliver --channel c --reply-to r ' +
    '--reply-channel rc --reply-account ra --model p/m --timeout 0 --verbose on';
  await cli(['agent', ...words.split(' ')], { env: environmentWith({ gateway: { port } }) });
  expect(requests.find(({ method }) => method === 'agent')?.params).toEqual({
    message: '-1',
    idempotencyKey: expect.any(String),
    sessionKey: 'notes',
    agentId: 'ops',
    thinking: 'high',
    deliver: true,
    channel: 'c',
    replyTo: 'r',
    replyChannel: 'rc',
    replyAccountId: 'ra',
    model: 'p/m',
    timeout: 0,
  });
  expect(requests.find(({ method }) => method === 'sessions.patch')?.params).toEqual({
    key,
    verboseLevel: 'on',
  });
});

test.each([
  [['--agent', 'main'], 'Message is required: pass --message <text>.'],
  [['-m', ' ', '--agent', 'main'], 'Message is required: pass --message <text>.'],
  [['-m', 'x'], 'Choose a session: pass --agent, --session-key, --session-id or --to.'],
  [['-m', 'x', '--to', 'a', '--session-id', 'b'], 'Use either --session-id or --to.'],
  [[...said, '--timeout', '1.5'], 'Invalid --timeout (use a number of seconds, 0 for none)'],
  [[...said, '--verbose', 'full'], 'Invalid --verbose (use "on" or "off")'],
  [[...said, '-x'], "error: unknown option '-x'\nWhat it takes: pllan agent --help"],
  [[...said, '--embedded'], "error: unknown option '--embedded'\nWhat it takes: pllan agent --help"],
])('refuses %j without asking anybody', async (words, message) => {
  const { port, requests } = await startFakeGateway();
  const run = await cli(['agent', ...words], { env: environmentWith({ gateway: { port } }) });
  expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: `${message}\n` });
  expect(requests).toEqual([]);
});

describe('a connection that is lost', () => {
  test('before there was one: fails at once and names the target', async () => {
    const port = await freePort();
    const { exitCode, stdout, stderr } = await cli(['agent', ...said, '--timeout', '0'], {
      env: environmentWith({ gateway: { port } }),
    });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        `^gateway not reachable: .*\nGateway target: ws://127.0.0.1:${port}\nSource: local loopback\n`,
      ),
    );
    expect(stderr).not.toContain('again');
  });

  test('before the run was accepted: asks again under the same key', async () => {
    let calls = 0;
    const agent = (socket: WebSocket, request: Request): void => {
      if ((calls += 1) === 1) socket.terminate();
      else endsWith(ok('Hello'))(socket, request);
    };
    const { port, requests } = await startFakeGateway({ answers: { agent } });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Hello\n' });
    const keys = requests
      .filter(({ method }) => method === 'agent')
      .map(({ params }) => params.idempotencyKey);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });

  test('while the run goes on: waits for its end, then asks for it under the same key', async () => {
    let calls = 0;
    const agent = (socket: WebSocket, request: Request): void => {
      if ((calls += 1) > 1) return respond(socket, request, ok('Hello'));
      accept(socket, request);
      socket.terminate();
    };
    let waits = 0;
    const answers = {
      agent,
      'agent.wait': (socket: WebSocket, request: Request): void =>
        respond(socket, request, (waits += 1) > 1 ? { status: 'ok', endedAt: 2 } : { status: 'timeout' }),
    };
    const { port, requests } = await startFakeGateway({ answers });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Hello\n' });
    expect(run.stderr).toMatch(/^Connection lost \(gateway closed \(1006 .*\); connecting again\.\n$/);
    const asked = requests.map(({ method }) => method).join(' ');
    expect(asked).toBe('connect agent connect agent.wait agent.wait agent');
  });

  test('a gateway that ends a run without telling is asked no more than the answer that it gives', async () => {
    const agent = (socket: WebSocket, request: Request): void => {
      accept(socket, request);
      socket.close(1008, 'credentials changed');
    };
    const { port } = await startFakeGateway({
      answers: { agent, 'agent.wait': (socket, request) => refuse(socket, request, 'missing scope') },
    });
    const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/missing scope\n$/);
  });
});

test('a gateway that is silent for two ticks is given up, and asked again', async () => {
  let calls = 0;
  const agent = (socket: WebSocket, request: Request): void => {
    if ((calls += 1) > 1) respond(socket, request, ok('Hello'));
    else accept(socket, request);
  };
  const { port } = await startFakeGateway({
    tickIntervalMs: 50,
    answers: {
      agent,
      'agent.wait': (socket, request) => respond(socket, request, { status: 'ok', endedAt: 2 }),
    },
  });
  const run = await cli(['agent', ...said], { env: environmentWith({ gateway: { port } }) });
  expect(run).toMatchObject({ exitCode: 0, stdout: 'Hello\n' });
  expect(run.stderr).toBe('Connection lost (gateway closed (4000): tick timeout); connecting again.\n');
});

describe('Ctrl-C', () => {
  /** Presses it when this has been asked for, and again when that has. */
  function pressing(requests: () => readonly Request[], ...after: string[]) {
    return (listener: () => void) => {
      void (async () => {
        for (const method of after) {
          await waitFor(method, () => requests().some((request) => request.method === method));
          listener();
        }
      })();
      return () => {};
    };
  }

  test('once: stops the run and tells how it ended', async () => {
    let running: [WebSocket, Request];
    const gateway = await startFakeGateway({
      answers: {
        agent: (socket, request) => accept(...(running = [socket, request])),
        'chat.abort': (socket, request) => {
          respond(socket, request, { ok: true, aborted: true });
          respond(...running, { status: 'timeout', summary: 'aborted', stopReason: 'rpc' });
        },
      },
    });
    const run = await cli(['agent', ...said], {
      env: environmentWith({ gateway: { port: gateway.port } }),
      onInterrupt: pressing(() => gateway.requests, 'agent'),
    });
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: 'Stopping the run; Ctrl-C again leaves it.\nRun aborted (rpc).\n',
    });
    const [asked] = gateway.requests.filter(({ method }) => method === 'agent');
    expect(gateway.requests.at(-1)).toMatchObject({
      method: 'chat.abort',
      params: { sessionKey: key, runId: asked?.params.idempotencyKey },
    });
  });

  test('twice: leaves, exit 130', async () => {
    const gateway = await startFakeGateway({ answers: { agent: accept, 'chat.abort': () => {} } });
    const run = await cli(['agent', ...said], {
      env: environmentWith({ gateway: { port: gateway.port } }),
      onInterrupt: pressing(() => gateway.requests, 'agent', 'chat.abort'),
    });
    expect(run).toMatchObject({ exitCode: 130, stdout: '' });
  });
});
