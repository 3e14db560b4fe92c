/** A real gateway process for tests: own state dir, own port, gone afterwards. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get as getPlainly } from 'node:http';
import { get as getSecurely } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { afterEachFile } from './after-file.js';
import { startEntry } from './entry-process.js';
import { waitFor } from './wait-for.js';

export const TOKEN = 'test-token-0123456789abcdef';

export interface GatewayOptions {
  /** Merged over a config that starts: mode local and a token. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly port?: number;
  readonly stateDir?: string;
  /** Own process group, so that a signal can be sent to all of it. */
  readonly detached?: boolean;
  /** A command that becomes the gateway. */
  readonly through?: readonly string[];
  /** Do not wait until it is ready. */
  readonly started?: boolean;
}

export interface TestGateway {
  readonly port: number;
  readonly url: string;
  readonly wsUrl: string;
  readonly stateDir: string;
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Both, as they came. */
  output(): string;
  /** Resolves with what matched, once it has been printed to stdout. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** The log file's lines, parsed. */
  logLines(): Record<string, unknown>[];
  /** Pids of the worker processes. */
  workers(): number[];
  /** The exit code, once all that was printed has been read; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  stop(): Promise<number | null>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const temporaryDirs: string[] = [];
afterEachFile(() => {
  for (const dir of temporaryDirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** Gone when the test file is done. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'pllan-test-'));
  temporaryDirs.push(dir);
  return dir;
}

/** The environment of a test's process: nothing of the developer's own gateway. */
export function cleanEnvironment(
  stateDir: string,
  env: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, PLLAN_STATE_DIR: stateDir, ...env };
}

/** A config that starts, mode local and a token, with more or other things in it. */
export function writeConfig(stateDir: string, over: Readonly<Record<string, unknown>> = {}): void {
  const { gateway, ...rest } = over as { gateway?: Record<string, unknown> };
  const config = { gateway: { mode: 'local', auth: { mode: 'token', token: TOKEN }, ...gateway }, ...rest };
  writeFileSync(join(stateDir, 'pllan.json'), JSON.stringify(config), { mode: 0o600 });
}

export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const port = options.port ?? (await freePort());
  const stateDir = options.stateDir ?? temporaryDir();
  writeConfig(stateDir, options.config);
  const gatewayProcess = startEntry(['gateway', '--port', String(port), ...(options.args ?? [])], {
    env: cleanEnvironment(stateDir, { PLLAN_TEST_HOOKS: '1', ...options.env }),
    detached: options.detached ?? false,
    through: options.through ?? [],
  });
  const { child, pid, stdout, stderr, output, prints, exited } = gatewayProcess;
  const tls = hasTls(options.config);
  const ownsState = options.stateDir === undefined;
  const gatewayUnderTest: TestGateway = {
    port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    wsUrl: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    stateDir,
    child,
    pid,
    stdout,
    stderr,
    output,
    prints,
    logLines: () => readLog(stateDir),
    workers: () => childrenOf(pid),
    exited,
    async stop() {
      const code = await gatewayProcess.stop();
      if (ownsState) rmSync(stateDir, { recursive: true, force: true });
      return code;
    },
  };
  if (options.started !== false) {
    try {
      await ready(gatewayUnderTest);
    } catch (caught) {
      child.kill('SIGKILL');
      throw caught;
    }
  }
  return gatewayUnderTest;
}

/** A gateway for one test, stopped when that is over. */
export async function startFor(
  test: Pick<TestContext, 'onTestFinished'>,
  options: GatewayOptions = {},
): Promise<TestGateway> {
  const gateway = await startGateway(options);
  test.onTestFinished(async () => void (await gateway.stop()));
  return gateway;
}

export async function ready(gateway: TestGateway): Promise<void> {
  await waitFor('gateway ready', async () => {
    if (gateway.child.exitCode !== null) throw new Error(`gateway ended early:\n${gateway.output()}`);
    try {
      return (await statusOf(`${gateway.url}/readyz`)) === 200;
    } catch {
      return false; // not listening yet
    }
  });
}

function hasTls(config: GatewayOptions['config'] = {}): boolean {
  return (config as { gateway?: { tls?: { enabled?: boolean } } }).gateway?.tls?.enabled === true;
}

/** Whatever certificate there is: a test of that looks at it itself. */
function statusOf(url: string): Promise<number | undefined> {
  const get = url.startsWith('https:') ? getSecurely : getPlainly;
  return new Promise((resolve, reject) => {
    get(url, { agent: false, rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once('error', reject);
  });
}

/** Direct children of a process (Linux), so that no test has to guess pids. */
export function childrenOf(pid: number): number[] {
  try {
    // Of the main thread, which is the one that starts processes.
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number)
      .filter(isAlive);
  } catch {
    return []; // gone
  }
}

/** Whether it runs: one that has ended and waits for its parent to take notice does not. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** `/proc/<pid>/stat` from the state on; undefined when there is no such process. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // gone, perhaps while it was read
  }
}

function readLog(stateDir: string): Record<string, unknown>[] {
  const dir = join(stateDir, 'logs');
  return readdirSync(dir)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export interface ChatBody {
  readonly content: string;
  readonly stream?: boolean;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A chat completion request for `fetch`. */
export function chatRequest(body: ChatBody, token: string = TOKEN): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      model: 'pllan',
      messages: [{ role: 'user', content: body.content }],
      ...(body.stream ? { stream: true } : {}),
      ...body.extra,
    }),
  };
}
