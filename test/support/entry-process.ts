/** The `pllan` program as a child process: what it prints and how it ends. None outlives the test file that started it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEachFile } from './after-file.js';
import { waitFor, within } from './wait-for.js';

export const entry = fileURLToPath(new URL('../../dist/entry.js', import.meta.url));

export interface EntryOptions {
  /** The whole environment; nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  /** Own process group, so that a signal can be sent to all of it. */
  readonly detached?: boolean;
  /** A command that becomes the program, such as `setpriv` with its options. */
  readonly through?: readonly string[];
}

export interface EntryProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Both, as they came. */
  output(): string;
  /** Resolves with what matched, once it has been printed to stdout. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code, once all that was printed has been read; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Asks it to stop and, should it not, ends it. The exit code. */
  stop(): Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterEachFile(() => running.forEach((child) => child.kill('SIGKILL')));

export function startEntry(args: readonly string[], options: EntryOptions): EntryProcess {
  const [command = process.execPath, ...rest] = [
    ...(options.through ?? []),
    process.execPath,
    entry,
    ...args,
  ];
  const child = spawn(command, rest, {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.detached ?? false,
  });
  running.add(child);
  const printed = { stdout: '', stderr: '', output: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      printed.output += text;
    });
  }
  // 'close' and not 'exit': by then everything printed has been read.
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', () => running.delete(child)).once('close', resolve);
  });
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    output: () => printed.output,
    prints: (pattern) =>
      waitFor(`output ${pattern}`, () => {
        const found = pattern.exec(printed.stdout);
        if (!found && child.exitCode !== null) throw new Error(`ended early:\n${printed.output}`);
        return found ?? undefined;
      }),
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      try {
        return await within('exit of the gateway', exited, 30_000);
      } catch (caught) {
        child.kill('SIGKILL');
        throw caught;
      }
    },
  };
}
