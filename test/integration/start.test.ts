/** The first start of someone who has nothing yet, and what a start leaves behind (config.md §1, §9). */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, type TestContext } from 'vitest';
import { startEntry, type EntryProcess } from '../support/entry-process.js';
import { childrenOf, freePort, startFor, temporaryDir } from '../support/gateway.js';
import { startMockProvider } from '../support/mock-provider.js';
import { contentOf } from '../support/raw-connection.js';
import { requestOnce } from '../support/request-once.js';

const run = promisify(execFile);
const OPENAI_KEY = 'sk-test-0123456789abcdef';

interface DevGateway extends EntryProcess {
  readonly home: string;
  readonly stateDir: string;
  readonly port: number;
  readonly tokenFile: string;
  readonly token: string;
  /** What the start says to paste. */
  readonly curl: string;
}

/** `pllan gateway --dev` for a user who has nothing but a home, and waits until it has said that it is ready. */
async function startDev(
  test: TestContext,
  options: {
    readonly home?: string;
    readonly args?: readonly string[];
    readonly env?: Record<string, string>;
  } = {},
): Promise<DevGateway> {
  const home = options.home ?? join(temporaryDir(), 'home of a user');
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: home, PLLAN_GATEWAY_PORT: String(port), ...options.env };
  const gateway = startEntry(['gateway', '--dev', ...(options.args ?? [])], { env });
  test.onTestFinished(async () => void (await gateway.stop()));
  const [, curl = ''] = await gateway.prints(/^ *(curl .*)$/m);
  const stateDir = join(home, '.pllan-dev');
  const tokenFile = join(stateDir, 'credentials', 'gateway-token');
  const token = readFileSync(tokenFile, 'utf8').trim();
  return { ...gateway, home, stateDir, port, tokenFile, token, curl };
}

/** Runs a line as if it had been pasted into a shell. */
async function paste(line: string, home: string): Promise<string> {
  const { stdout } = await run('bash', ['-c', line], { env: { PATH: process.env.PATH, HOME: home } });
  return stdout;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function logOf(stateDir: string): string {
  const dir = join(stateDir, 'logs');
  return readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('');
}

describe.concurrent('gateway --dev in an empty home', () => {
  it('makes config and token, says where everything is, and the command that it prints works', async (test) => {
    const gateway = await startDev(test);
    const printed = gateway.stdout();
    expect(printed).toContain(`  URL      http://127.0.0.1:${gateway.port}\n`);
    expect(printed).toContain(`  Port     ${gateway.port}\n`);
    expect(printed).toContain('  Token    ~/.pllan-dev/credentials/gateway-token\n');
    expect(gateway.token).toMatch(/^[0-9a-f]{48}$/);
    expect(JSON.parse(readFileSync(join(gateway.stateDir, 'pllan.json'), 'utf8'))).toMatchObject({
      gateway: { mode: 'local', bind: 'loopback', auth: { token: gateway.token } },
    });
    expect(contentOf({ body: await paste(gateway.curl, gateway.home) })).toBe('Hello');
    expect(readdirSync(gateway.home)).toEqual(['.pllan-dev']);
  });

  it('keeps the token to its owner and out of everything that is printed or logged', async (test) => {
    const gateway = await startDev(test, { args: ['--verbose'] });
    await paste(gateway.curl, gateway.home);
    expect(await gateway.stop()).toBe(0);
    expect(gateway.output()).not.toContain(gateway.token);
    expect(logOf(gateway.stateDir)).toContain(
      '"message":"no gateway token was configured; one was generated"',
    );
    expect(logOf(gateway.stateDir)).not.toContain(gateway.token);
    const modes = ['.', 'credentials', 'logs', 'workspace'].map((dir) => modeOf(join(gateway.stateDir, dir)));
    expect(modes).toEqual(['700', '700', '700', '700']);
    expect([gateway.tokenFile, join(gateway.stateDir, 'pllan.json')].map(modeOf)).toEqual(['600', '600']);
  });

  it('the next start takes the same config and token, and says the same', async (test) => {
    const first = await startDev(test);
    const configPath = join(first.stateDir, 'pllan.json');
    const config = readFileSync(configPath, 'utf8');
    expect(await first.stop()).toBe(0);
    const second = await startDev(test, { home: first.home });
    expect(second.token).toBe(first.token);
    expect(readFileSync(configPath, 'utf8')).toBe(config);
    expect(contentOf({ body: await paste(second.curl, second.home) })).toBe('Hello');
  });
});

describe.concurrent('a provider key in the environment', () => {
  it('is mentioned and not used when nobody asked for it', async (test) => {
    const provider = await startMockProvider();
    test.onTestFinished(() => provider.stop());
    const gateway = await startDev(test, {
      env: { OPENAI_API_KEY: OPENAI_KEY, OPENAI_BASE_URL: provider.baseUrl },
    });
    expect(gateway.stdout()).toContain('  Note     OPENAI_API_KEY is set but not used; ');
    expect(contentOf({ body: await paste(gateway.curl, gateway.home) })).toBe('Hello');
    expect(await gateway.stop()).toBe(0);
    expect(provider.connections).toBe(0);
    expect(gateway.output()).not.toContain(OPENAI_KEY);
    expect(logOf(gateway.stateDir)).not.toContain(OPENAI_KEY);
  });

  it('is used with --model openai/<model>', async (test) => {
    const provider = await startMockProvider();
    test.onTestFinished(() => provider.stop());
    const gateway = await startDev(test, {
      args: ['--model', 'openai/gpt-test'],
      env: { OPENAI_API_KEY: OPENAI_KEY, OPENAI_BASE_URL: provider.baseUrl },
    });
    expect(gateway.stdout()).toContain('  Model    openai/gpt-test\n');
    expect(gateway.stdout()).not.toContain('OPENAI_API_KEY');
    expect(contentOf({ body: await paste(gateway.curl, gateway.home) })).toBe('Hi there');
    expect(provider.calls).toHaveLength(1);
    const [call] = provider.calls;
    expect(call?.request.headers.authorization).toBe(`Bearer ${OPENAI_KEY}`);
    expect(call?.body).toMatchObject({ model: 'gpt-test' });
    expect(await gateway.stop()).toBe(0);
    expect(gateway.output() + logOf(gateway.stateDir)).not.toContain(OPENAI_KEY);
  });
});

describe.concurrent('the port', () => {
  it.for([
    ['the flag', ['flag', 'environment', 'config'], 'flag'],
    ['PLLAN_GATEWAY_PORT', ['environment', 'config'], 'environment'],
    ['gateway.port', ['config'], 'config'],
  ] as const)('is that of %s', async ([, given, wins], test) => {
    const ports = { flag: await freePort(), environment: await freePort(), config: await freePort() };
    const has = (source: keyof typeof ports): boolean => given.some((one) => one === source);
    const stateDir = temporaryDir();
    const config = { gateway: { mode: 'local', auth: { mode: 'none' }, port: ports.config } };
    writeFileSync(join(stateDir, 'pllan.json'), JSON.stringify(config));
    const gateway = startEntry(['gateway', ...(has('flag') ? ['--port', String(ports.flag)] : [])], {
      env: {
        PATH: process.env.PATH,
        HOME: stateDir,
        PLLAN_STATE_DIR: stateDir,
        ...(has('environment') ? { PLLAN_GATEWAY_PORT: String(ports.environment) } : {}),
      },
    });
    test.onTestFinished(async () => void (await gateway.stop()));
    await gateway.prints(/listening on /);
    expect(gateway.stdout()).toContain(`listening on ws://127.0.0.1:${ports[wins]} `);
    expect(await requestOnce(`http://127.0.0.1:${ports[wins]}/healthz`)).toMatchObject({ status: 200 });
  });
});

describe.concurrent('what other users of the machine and the workers can see', () => {
  it('no secret in environment or arguments of a worker', async (test) => {
    const secrets = ['flag-token-0123456789', 'env-token-0123456789', OPENAI_KEY, 'env-password-0123456789'];
    const [flag = '', environment = '', key = '', password = ''] = secrets;
    const gateway = await startFor(test, {
      args: ['--token', flag],
      env: { PLLAN_GATEWAY_TOKEN: environment, PLLAN_GATEWAY_PASSWORD: password, OPENAI_API_KEY: key },
    });
    const [worker = 0] = childrenOf(gateway.pid);
    for (const file of ['environ', 'cmdline']) {
      const text = readFileSync(`/proc/${worker}/${file}`, 'utf8');
      expect(text).not.toBe('');
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    expect(readFileSync(`/proc/${worker}/environ`, 'utf8')).not.toMatch(/PLLAN_|OPENAI_/);
  });

  it('files and sockets are the owner’s only', async (test) => {
    const home = temporaryDir();
    const stateDir = join(home, 'not', 'there', 'yet');
    const port = await freePort();
    const gateway = startEntry(['gateway', '--allow-unconfigured'], {
      env: {
        PATH: process.env.PATH,
        HOME: home,
        PLLAN_STATE_DIR: stateDir,
        PLLAN_GATEWAY_PORT: String(port),
      },
    });
    test.onTestFinished(async () => void (await gateway.stop()));
    await gateway.prints(/curl /);
    expect(modeOf(stateDir)).toBe('700');
    expect(modeOf(join(stateDir, 'logs'))).toBe('700');
    const [log = ''] = readdirSync(join(stateDir, 'logs'));
    expect(log).toMatch(/^pllan-\d{4}-\d\d-\d\d\.log$/);
    expect(modeOf(join(stateDir, 'logs', log))).toBe('600');
    expect(statSync(join(stateDir, 'gateway.sock')).isSocket()).toBe(true);
    for (const file of ['gateway.sock', 'gateway.lock']) expect(modeOf(join(stateDir, file))).toBe('600');
    expect(existsSync(join(stateDir, 'pllan.json'))).toBe(false);
  });
});

it('a token that the config makes with a variable which is not set is not written over', async (test) => {
  const gateway = await startFor(test, {
    config: { gateway: { mode: 'local', auth: { token: 'team-${A_VARIABLE_THAT_IS_NOT_SET}' } } },
  });
  const written = readFileSync(join(gateway.stateDir, 'pllan.json'), 'utf8');
  expect(JSON.parse(written)).toMatchObject({
    gateway: { auth: { token: 'team-${A_VARIABLE_THAT_IS_NOT_SET}' } },
  });
  expect(existsSync(join(gateway.stateDir, 'credentials', 'gateway-token'))).toBe(true);
});
