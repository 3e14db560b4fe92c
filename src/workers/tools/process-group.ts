/**
 * Process groups of commands. None outlives this process: the primary knows each before it runs anything, and ends it
 * should this process be killed; what is left when this process ends by itself, ends here.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { execLimits } from '../../shared/tools/limits.js';
import { errorCode } from '../../shared/to-error.js';
import type { PrimaryChannel } from '../primary-channel.js';

export interface GroupOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it is to have an input; without, it reads the end of one. */
  readonly input?: boolean;
}

export interface ProcessGroup {
  readonly input: Writable | null;
  readonly output: readonly [stdout: Readable, stderr: Readable];
  /** The leader has ended, and with it the group. */
  readonly ended: Promise<GroupEnd>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export interface GroupEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessGroups {
  /** Its program has begun. @throws Error when it could not be started, or the primary could not be told of it */
  start(options: GroupOptions): Promise<ProcessGroup>;
}

/** Waits for a line before it becomes the program; without one, since whoever was to send it is gone, it ends. */
const WAIT_THEN_RUN = 'read -r _ <&3 || exit 125; exec 3<&-; exec "$@"';

export function createProcessGroups(primary: Pick<PrimaryChannel, 'ask'>): ProcessGroups {
  const pids = new Set<number>();
  process.once('exit', () => {
    for (const pid of pids) kill(pid, 'SIGKILL');
  });
  const forget = (pid: number): void => {
    pids.delete(pid);
    // Should the word not arrive: the primary looks at the start time before it ends anything.
    primary.ask('child-ended', { pid }, { timeoutMs: execLimits.announceMs }).catch(() => {});
  };
  return {
    async start({ argv, cwd, env, input = false }) {
      const child = spawn('/bin/sh', ['-c', WAIT_THEN_RUN, 'sh', ...argv], {
        cwd,
        env,
        detached: true,
        stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
      }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
      // A signal that cannot be sent, for example: its end is told all the same.
      child.on('error', () => {});
      const pid = child.pid as number;
      pids.add(pid);
      const ended = new Promise<GroupEnd>((resolve) =>
        child.once('exit', (exitCode, signal) => {
          // What it has left running in the background.
          kill(pid, 'SIGKILL');
          forget(pid);
          resolve({ exitCode, signal });
        }),
      );
      try {
        await primary.ask('child-started', { pid }, { timeoutMs: execLimits.announceMs });
      } catch (caught) {
        kill(pid, 'SIGKILL');
        throw caught;
      }
      const gate = child.stdio[3] as unknown as Writable;
      gate.on('error', () => {}); // it was ended meanwhile
      gate.end('\n');
      const { stdin, stdout, stderr } = child;
      return { input: stdin, output: [stdout, stderr], ended, signal: (name) => kill(pid, name) };
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (caught) {
    if (errorCode(caught) !== 'ESRCH') throw caught;
  }
}
