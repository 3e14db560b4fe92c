/** Runs the command line in this process with its own environment, and keeps what it says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { OnInterrupt } from '../../../src/cli/command.js';
import { runCli } from '../../../src/cli/main.js';
import { writeStoredSessions, readStoredSessions } from '../../../src/primary/sessions/stored-sessions.js';
import { withStoredDevices } from '../../../src/primary/devices/stored-devices.js';
import type { GatewayOptions } from '../../../src/shared/gateway-options.js';
import { STATE_LOCK_NAME } from '../../../src/shared/instance-lock.js';
import type { Environment } from '../../../src/shared/paths.js';
import { processStartTime } from '../../../src/shared/process-facts.js';

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was shown to whom is asked. */
  readonly asked: string;
  /** What the gateway was started with, if it was. */
  readonly gateway: GatewayOptions | undefined;
}

export interface CliSetup {
  readonly env?: Environment;
  readonly isTTY?: boolean;
  /** The current folder. */
  readonly folder?: string;
  readonly gatewayExitCode?: number;
  /** What the gateway throws instead of ending with a code. */
  readonly gatewayFailure?: Error;
  readonly onInterrupt?: OnInterrupt;
  readonly outputGone?: AbortSignal;
  /** What is typed, a line each, for whom is asked; without it nobody is there to be asked. */
  readonly typed?: readonly string[];
}

export async function cli(argv: readonly string[], setup: CliSetup = {}): Promise<CliRun> {
  const said = { stdout: '', stderr: '', asked: '' };
  let gateway: GatewayOptions | undefined;
  const output = new Writable({
    write(chunk, _encoding, done) {
      said.asked += String(chunk);
      done();
    },
  });
  const exitCode = await runCli({
    argv,
    env: setup.env ?? { PLLAN_HOME: temporaryHome() },
    folder: setup.folder ?? '/',
    stdout: { isTTY: setup.isTTY ?? false, write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    runGateway: async (options) => {
      gateway = options;
      if (setup.gatewayFailure) throw setup.gatewayFailure;
      return setup.gatewayExitCode ?? 0;
    },
    withStoredDevices,
    storedSessions: { read: readStoredSessions, write: writeStoredSessions },
    onInterrupt: setup.onInterrupt ?? (() => () => {}),
    outputGone: setup.outputGone ?? new AbortController().signal,
    terminal: () => setup.typed && { input: Readable.from(setup.typed.map((line) => `${line}\n`)), output },
  });
  return { exitCode, ...said, gateway };
}

/** Removed when the test ends. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'pllan-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/**
 * Environment of a state directory whose config file holds `config`: an object, or the text itself. No program of this
 * machine is found in it, its service manager least of all.
 */
export function environmentWith(config: object | string): Environment & { readonly PLLAN_STATE_DIR: string } {
  const stateDir = temporaryHome();
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  writeFileSync(join(stateDir, 'pllan.json'), text);
  return { PLLAN_HOME: stateDir, PLLAN_STATE_DIR: stateDir, PATH: stateDir };
}

/** Leaves the lock of a gateway that runs with this environment: it is this process. */
export function lockAsGateway(
  { PLLAN_STATE_DIR: stateDir }: { readonly PLLAN_STATE_DIR: string },
  port: number,
): void {
  const owner = {
    pid: process.pid,
    startTime: processStartTime(process.pid),
    port,
    configPath: join(stateDir, 'pllan.json'),
  };
  writeFileSync(join(stateDir, STATE_LOCK_NAME), JSON.stringify(owner));
}
