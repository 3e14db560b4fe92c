#!/usr/bin/env node
/** The program: joins the command line with the gateway, which is loaded only when it is to run. */
import { runCli } from './cli/main.js';

// A reader that went away (`pllan health | head -1`) is no reason to fail, and none to stop a gateway.
const outputGone = new AbortController();
/** What could not be written, to a full disk for example. */
let lost: Error | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lost ??= error;
  outputGone.abort();
});
process.stderr.on('error', () => {});

const storedSessions = () => import('./primary/sessions/stored-sessions.js');

const exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  folder: currentFolder(),
  stdout: process.stdout,
  stderr: process.stderr,
  async runGateway(options) {
    const code = await (await import('./primary/run-gateway.js')).runGateway(options);
    // Its console is beside its log file, which counts.
    lost = undefined;
    return code;
  },
  withStoredDevices: async (location, use) =>
    (await import('./primary/devices/stored-devices.js')).withStoredDevices(location, use),
  storedSessions: {
    read: async (location, use) => (await storedSessions()).readStoredSessions(location, use),
    write: async (location, use) => (await storedSessions()).writeStoredSessions(location, use),
  },
  onInterrupt(listener) {
    process.on('SIGINT', listener);
    return () => process.off('SIGINT', listener);
  },
  outputGone: outputGone.signal,
  // Not the output, which may go into a file.
  terminal: () =>
    process.stdin.isTTY && process.stderr.isTTY
      ? { input: process.stdin, output: process.stderr }
      : undefined,
});

/** The root where the folder has been removed. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

// What is still open when a command is done must not keep the process alive; its output must not be lost.
// That a write failed is told after its callback.
process.stdout.write('', () => setImmediate(end));

function end(): void {
  if (lost) process.stderr.write(`output is lost: ${lost.message}\n`);
  process.stderr.write('', () => process.exit(exitCode === 0 && lost ? 1 : exitCode));
}
