/**
 * The bench that scenarios run on: mock upstream, baselines, the gateway under load, and how to start a load process. Each
 * server starts when the first scenario asks for it. `stop` takes all of it down.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  launchGateway,
  planGateway,
  startGateway,
  type Gateway,
  type GatewayPlan,
  type GatewayVariant,
} from './gateway.js';
import {
  optionsVariable,
  type ConnectLoadOptions,
  type FillStoreOptions,
  type FanOutLoadOptions,
  type FanOutResult,
  type FloodOptions,
  type HoldOptions,
  type HttpLoadOptions,
  type LoadResult,
  type RpcLoadOptions,
  type RpcProbeOptions,
  type RunLoadOptions,
} from './load-protocol.js';
import { createProcesses, type Running } from './processes.js';
import { deadlines, type Timing } from './timing.js';

/** A helper process that serves. */
export interface Helper {
  readonly pid: number;
  readonly port: number;
}

export interface Bench {
  readonly timing: Timing;
  mockUpstream(): Promise<Helper>;
  /** The bare proxy with the gateway's own HTTP client. */
  httpProxy(): Promise<Helper>;
  /** The bare proxy with Node's HTTP client. */
  nodeHttpProxy(): Promise<Helper>;
  wsEcho(): Promise<Helper>;
  /** The one gateway that all load scenarios share. */
  gateway(): Promise<Gateway>;
  /** A ready gateway of the caller's own, which the caller stops. */
  freshGateway(variant?: GatewayVariant): Promise<Gateway>;
  /** For start-up times: plan first, then launch without waiting. */
  planGateway(): Promise<GatewayPlan>;
  launchGateway(plan: GatewayPlan): Gateway;
  /** A baseline of the caller's own, which sends messages of this size. */
  wsBroadcast(messageBytes: number): Promise<Helper>;
  runFanOutLoad(options: FanOutLoadOptions): Promise<FanOutResult>;
  runHttpLoad(options: HttpLoadOptions): Promise<LoadResult>;
  runRpcLoad(options: RpcLoadOptions): Promise<LoadResult>;
  runRpcProbe(options: RpcProbeOptions): Promise<LoadResult>;
  runConnectLoad(options: ConnectLoadOptions): Promise<LoadResult>;
  runRunLoad(options: RunLoadOptions): Promise<LoadResult>;
  runFlood(options: FloodOptions): Promise<LoadResult>;
  /** Opens idle connections, keeps them during `use`, and closes them. */
  whileHolding<T>(options: HoldOptions, use: () => Promise<T>): Promise<T>;
  /** Writes sessions and a transcript into the store of a gateway that does not run. */
  fillStore(options: FillStoreOptions): Promise<void>;
  stop(): Promise<void>;
}

export function createBench(timing: Timing): Bench {
  const processes = createProcesses();
  const rootDir = mkdtempSync(join(tmpdir(), 'pllan-loadtest-'));

  async function startHelper(script: string, args: readonly string[]): Promise<Helper> {
    const running = processes.start({
      name: script,
      args: [join(import.meta.dirname, script), ...args],
      output: 'json-line',
    });
    const { port } = (await running.jsonLine(deadlines.helperReadyMs)) as { readonly port: number };
    return { pid: running.pid, port };
  }

  /** Runs a script that says one thing; `use` gets it while the script's process lives. */
  async function withScript<T>(
    script: string,
    options: object,
    deadlineMs: number,
    use: (said: unknown, running: Running) => T,
  ): Promise<Awaited<T>> {
    const running = processes.start({
      name: script,
      args: [join(import.meta.dirname, script)],
      env: { ...process.env, [optionsVariable]: JSON.stringify(options) },
      output: 'json-line',
    });
    try {
      return await use(await running.jsonLine(deadlineMs), running);
    } finally {
      await running.stop();
    }
  }

  function runLoad<Result extends LoadResult>(
    script: string,
    options: { readonly durationMs: number },
  ): Promise<Result> {
    const deadlineMs = options.durationMs + deadlines.resultGraceMs;
    return withScript(script, options, deadlineMs, async (said) => said as Result);
  }

  const mockUpstream = once(() => startHelper('mock-upstream.js', []));
  const mockUrl = async (): Promise<string> => `http://127.0.0.1:${(await mockUpstream()).port}`;
  const plan = async (variant?: GatewayVariant): Promise<GatewayPlan> =>
    planGateway(rootDir, await mockUrl(), variant);
  const fillStore = (options: FillStoreOptions): Promise<void> =>
    withScript('fill-store.js', options, deadlines.fillStoreMs, () => {});
  const freshGateway = async (variant: GatewayVariant = {}): Promise<Gateway> => {
    const planned = await plan(variant);
    const { sessions = 0 } = variant;
    if (sessions > 0) await fillStore({ stateDir: planned.stateDir, sessions, transcriptBytes: 0 });
    return startGateway(processes, planned);
  };

  return {
    timing,
    mockUpstream,
    httpProxy: once(async () => startHelper('baseline-http-proxy.js', [await mockUrl(), 'undici'])),
    nodeHttpProxy: once(async () => startHelper('baseline-http-proxy.js', [await mockUrl(), 'node:http'])),
    wsEcho: once(() => startHelper('baseline-ws-echo.js', [])),
    gateway: once(() => freshGateway()),
    freshGateway,
    planGateway: () => plan(),
    launchGateway: (planned) => launchGateway(processes, planned),
    wsBroadcast: (messageBytes) => startHelper('baseline-ws-broadcast.js', [String(messageBytes)]),
    runFanOutLoad: (options) => runLoad('fan-out-load.js', options),
    runHttpLoad: (options) => runLoad('http-load.js', options),
    runRpcLoad: (options) => runLoad('ws-rpc-load.js', options),
    runRpcProbe: (options) => runLoad('ws-probe.js', options),
    runConnectLoad: (options) => runLoad('ws-connect-load.js', options),
    runRunLoad: (options) => runLoad('chat-runs-load.js', options),
    runFlood: (options) => runLoad('message-flood.js', options),
    whileHolding: (options, use) =>
      withScript('ws-hold.js', options, deadlines.holdReadyMs, async (_, running) => {
        const result = await use();
        if (running.hasEnded()) throw new Error('connections that were to be held were lost');
        return result;
      }),
    fillStore,
    stop: async () => {
      await processes.stopAll();
      rmSync(rootDir, { recursive: true, force: true });
    },
  };
}

/** The same promise for every caller. */
function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}
