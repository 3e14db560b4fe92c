/**
 * Starts the built gateway as a user would, with a state directory of its own and one provider: the mock upstream.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Processes, Running } from './processes.js';
import { briefModel, slowModel } from './mock-answers.js';
import { deadlines } from './timing.js';

const entry = resolve(import.meta.dirname, '../../dist/entry.js');
const logTailBytes = 2_000;

/** Everything that is there before the process is: a start can be timed without it. */
export interface GatewayPlan {
  readonly stateDir: string;
  readonly port: number;
  readonly token: string;
  /** Settings in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a gateway has that others have not. */
export interface GatewayVariant {
  /** Instead of what every gateway has below `agents.defaults`. */
  readonly agentDefaults?: object;
  /** Further sections of its config. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** So many sessions are in its store. */
  readonly sessions?: number;
}

export interface Gateway extends GatewayPlan {
  readonly pid: number;
  readonly url: string;
  readonly wsUrl: string;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

/** Writes a configuration below `rootDir` and picks a free port. */
export async function planGateway(
  rootDir: string,
  mockUrl: string,
  variant: GatewayVariant = {},
): Promise<GatewayPlan> {
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run \`npm run build\` first`);
  const stateDir = mkdtempSync(join(rootDir, 'gateway-'));
  const token = randomBytes(24).toString('hex');
  const config = {
    gateway: { mode: 'local', auth: { mode: 'token', token } },
    models: {
      providers: {
        mock: {
          baseUrl: `${mockUrl}/v1`,
          apiKey: 'sk-test',
          api: 'openai-completions',
          models: [
            { id: 'm-1', name: 'M 1' },
            { id: slowModel, name: 'M slow' },
            { id: briefModel, name: 'M brief' },
          ],
        },
      },
    },
    agents: { defaults: variant.agentDefaults ?? { model: { primary: 'mock/m-1' }, maxConcurrent: 32 } },
    ...variant.config,
  };
  writeFileSync(join(stateDir, 'pllan.json'), JSON.stringify(config, null, 2), { mode: 0o600 });
  return { stateDir, token, port: await freePort(), env: variant.env ?? {} };
}

/** Spawns the gateway; does not wait for anything. */
export function launchGateway(processes: Processes, plan: GatewayPlan): Gateway {
  const log = openSync(logPath(plan), 'a', 0o600);
  let running: Running;
  try {
    running = processes.start({
      name: 'gateway',
      args: [entry, 'gateway', '--port', String(plan.port)],
      env: gatewayEnvironment(plan),
      output: log,
    });
  } finally {
    closeSync(log);
  }
  return {
    ...plan,
    pid: running.pid,
    url: `http://127.0.0.1:${plan.port}`,
    wsUrl: `ws://127.0.0.1:${plan.port}/`,
    hasEnded: () => running.hasEnded(),
    stop: () => running.stop(),
  };
}

/** Launches the gateway and waits for `/readyz`. */
export async function startGateway(processes: Processes, plan: GatewayPlan): Promise<Gateway> {
  const gateway = launchGateway(processes, plan);
  const giveUpAt = performance.now() + deadlines.gatewayReadyMs;
  while (!(await isReady(gateway))) {
    if (gateway.hasEnded() || performance.now() > giveUpAt) {
      await gateway.stop();
      throw notReady(gateway, '/readyz did not answer 200');
    }
    await delay(25);
  }
  return gateway;
}

/** The error for a gateway that did not come up, with the end of what it printed. */
export function notReady(gateway: Gateway, what: string): Error {
  const how = gateway.hasEnded() ? 'the gateway ended' : `in ${deadlines.gatewayReadyMs} ms`;
  const output = readFileSync(logPath(gateway), 'utf8').slice(-logTailBytes);
  return new Error(`${what}: ${how}; its last output:\n${output}`);
}

async function isReady(gateway: Gateway): Promise<boolean> {
  try {
    const response = await fetch(`${gateway.url}/readyz`, {
      signal: AbortSignal.timeout(deadlines.responseMs),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

/** This process's environment without settings of a gateway that happens to be configured in it. */
function gatewayEnvironment({ stateDir, env }: GatewayPlan): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PLLAN_'));
  return { ...Object.fromEntries(kept), PLLAN_STATE_DIR: stateDir, ...env };
}

function logPath(plan: GatewayPlan): string {
  return join(plan.stateDir, 'loadtest-output.log');
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolvePort(port));
    });
  });
}
