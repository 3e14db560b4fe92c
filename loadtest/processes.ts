/**
 * Owns every process that the load test starts. Each becomes the leader of its own process group, so that stopping it takes
 * along whatever it started; nothing stays behind after `stopAll`, and as a last resort nothing after this process's exit.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { deadlines } from './timing.js';

export interface Command {
  /** For messages. */
  readonly name: string;
  /** Arguments of `node`. */
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** `json-line`: the process says something in one line on stdout. A number: file descriptor that takes its output. */
  readonly output: 'json-line' | number;
}

export interface Running {
  readonly pid: number;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** The JSON line that it prints; rejects when it ends without one or takes longer than `deadlineMs`. */
  jsonLine(deadlineMs: number): Promise<unknown>;
  /** SIGTERM, then after a deadline SIGKILL to the whole group. Never rejects; may be called again. */
  stop(): Promise<void>;
}

export interface Processes {
  start(command: Command): Running;
  /** Stops everything and refuses new starts. */
  stopAll(): Promise<void>;
}

export function createProcesses(): Processes {
  const running = new Map<number, Running>();
  let stopping = false;
  process.on('exit', () => {
    for (const pid of running.keys()) killGroup(pid);
  });
  return {
    start: (command) => {
      if (stopping) throw new Error(`not starting ${command.name}: the load test is being stopped`);
      const started = startProcess(command);
      running.set(started.pid, started);
      void started.ended.then(() => running.delete(started.pid));
      return started;
    },
    stopAll: async () => {
      stopping = true;
      await Promise.all([...running.values()].map((one) => one.stop()));
    },
  };
}

function startProcess(command: Command): Running {
  const withLine = command.output === 'json-line';
  const child = spawn(process.execPath, command.args, {
    detached: process.platform !== 'win32',
    stdio: withLine ? ['ignore', 'pipe', 'inherit', 'ipc'] : ['ignore', command.output, command.output],
    ...(command.env === undefined ? {} : { env: command.env }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.name} could not be started`);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      killGroup(pid);
      resolve();
    });
  });
  const line = withLine ? firstLine(child) : Promise.resolve(undefined);
  return {
    pid,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    jsonLine: async (deadlineMs) => {
      const text = await withDeadline(line, deadlineMs, `a result from ${command.name}`);
      if (text === undefined) throw new Error(`${command.name} ended without a result`);
      return JSON.parse(text) as unknown;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(pid), deadlines.stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The first line of stdout, or undefined when the process ends before. */
function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (child.stdout === null) {
      resolve(undefined);
      return;
    }
    const lines = createInterface({ input: child.stdout });
    lines.once('line', resolve);
    lines.once('close', () => resolve(undefined));
  });
}

/** Rejects when `promise` has not settled in time. */
export async function withDeadline<T>(promise: Promise<T>, deadlineMs: number, awaited: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`gave up waiting for ${awaited} after ${deadlineMs} ms`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends what is left of a process group; a group that is already gone is fine. */
function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    // macOS says EPERM when only ended processes are left in the group.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
