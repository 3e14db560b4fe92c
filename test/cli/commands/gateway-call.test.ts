import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { cli, environmentWith } from '../support/cli.js';
import { freePort, send, startFakeGateway } from '../support/fake-gateway.js';

let gateway: TestGateway;
beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.stop());

const environment = () => environmentWith({ gateway: { port: gateway.port, auth: { token: TOKEN } } });
const call = (...words: string[]) => cli(['gateway', 'call', ...words], { env: environment() });

describe('the answer', () => {
  test('is shown to people below the method that gave it', async () => {
    const { exitCode, stdout, stderr } = await call('status');
    expect([exitCode, stderr]).toEqual([0, '']);
    const [title, ...rest] = stdout.split('\n');
    expect([title, rest[0]]).toEqual(['Gateway call: status', '{']);
    expect(JSON.parse(rest.join('\n'))).toMatchObject({ pid: gateway.pid });
  });

  test('with --json is all there is', async () => {
    const { stdout } = await call('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ pid: gateway.pid });
  });

  test('of a method with parameters', async () => {
    const { stdout } = await call('health', '--params', '{"probe":true}', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  test('without a payload is null', async () => {
    const { port } = await startFakeGateway({
      answers: { wake: (socket, { id }) => send(socket, { type: 'res', id, ok: true }) },
    });
    const { stdout } = await cli(['gateway', 'call', 'wake', '--json'], {
      env: environmentWith({ gateway: { port } }),
    });
    expect(stdout).toBe('null\n');
  });
});

describe('an error', () => {
  test('of the gateway is shown in its own words, exit 1', async () => {
    expect(await call('no.such.method')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'unknown method: no.such.method\n',
    });
  });

  test('has code and details for programs', async () => {
    const { exitCode, stdout } = await call('no.such.method', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: { message: 'unknown method: no.such.method', code: 'INVALID_REQUEST' },
    });
    const refused = await call('status', '--token', 'wrong-token', '--json');
    expect(JSON.parse(refused.stdout)).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', details: { code: 'AUTH_TOKEN_MISMATCH' } },
    });
  });

  test('of parameters that do not fit names the place', async () => {
    const { exitCode, stderr } = await call('device.pair.rename', '--params', '{"deviceId":1}');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('invalid device.pair.rename params: at')]);
  });

  test.each([
    ['{', /^Invalid --params \(not JSON: /],
    ['[1]', /^Invalid --params \(use a JSON object\)\n$/],
    ['null', /^Invalid --params \(use a JSON object\)\n$/],
  ])('of --params %s is found before anyone is asked', async (params, message) => {
    const { exitCode, stderr } = await call('health', '--params', params);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  test('without a method says that one is needed', async () => {
    expect((await call('--json')).stderr).toBe("error: 'pllan gateway call' needs <method>\n");
  });
});

describe('which gateway', () => {
  test('is the one of --port, whatever the config says', async () => {
    const env = environmentWith({ gateway: { port: await freePort(), auth: { token: TOKEN } } });
    const argv = ['gateway', 'call', 'status', '--json', '--port', String(gateway.port)];
    expect((await cli(argv, { env })).exitCode).toBe(0);
  });

  test('is the one of --url, with the credential beside it', async () => {
    const env = environmentWith({});
    const argv = ['gateway', 'call', 'status', '--json', '--url', gateway.wsUrl];
    expect(await cli(argv, { env })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('gateway url override requires explicit credentials\nFix: '),
    });
    expect((await cli([...argv, '--token', TOKEN], { env })).exitCode).toBe(0);
  });

  test('that is not there is named', async () => {
    const port = String(await freePort());
    const { exitCode, stderr } = await call('status', '--port', port);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Gateway target: ws://127.0.0.1:${port}\nSource: cli --port\n`);
  });
});

describe('a method that answers twice', () => {
  const agent = {
    agent: (socket: Parameters<typeof send>[0], { id }: { id: string }) => {
      send(socket, { type: 'res', id, ok: true, payload: { status: 'accepted', runId: 'r' } });
      send(socket, { type: 'event', event: 'tick', payload: {} });
      send(socket, { type: 'res', id, ok: true, payload: { status: 'ok', runId: 'r' } });
    },
    failing: (socket: Parameters<typeof send>[0], { id }: { id: string }) => {
      send(socket, { type: 'res', id, ok: true, payload: { status: 'accepted' } });
      const error = { code: 'UNAVAILABLE', message: 'model failed', details: { runId: 'r' } };
      send(socket, { type: 'res', id, ok: false, payload: { status: 'error' }, error });
    },
    silent: (socket: Parameters<typeof send>[0], { id }: { id: string }) =>
      send(socket, { type: 'res', id, ok: true, payload: { status: 'accepted' } }),
  };

  async function ask(...words: string[]) {
    const { port } = await startFakeGateway({ answers: agent });
    const env = environmentWith({ gateway: { port } });
    const run = await cli(['gateway', 'call', ...words, '--json'], { env });
    return { ...run, answer: JSON.parse(run.stdout) as unknown };
  }

  test('gives its first answer', async () => {
    expect((await ask('agent')).answer).toEqual({ status: 'accepted', runId: 'r' });
  });

  test('with --expect-final gives the one that is not "accepted"', async () => {
    expect((await ask('agent', '--expect-final')).answer).toEqual({ status: 'ok', runId: 'r' });
  });

  test('with --expect-final may still fail', async () => {
    expect(await ask('failing', '--expect-final')).toMatchObject({
      exitCode: 1,
      answer: { ok: false, error: { code: 'UNAVAILABLE', message: 'model failed', details: { runId: 'r' } } },
    });
  });

  test('with --expect-final waits no longer than the timeout', async () => {
    expect(await ask('silent', '--expect-final', '--timeout', '150')).toMatchObject({
      exitCode: 1,
      answer: { ok: false, error: { message: 'gateway timeout after 150ms' } },
    });
  });
});
