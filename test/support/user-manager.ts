/**
 * A real systemd of a user, in namespaces of its own: nothing of this machine's is touched, and all of it ends with the
 * test. Linux and root only; where it cannot be had, it says why.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needProgram } from './debian.js';
import { childrenOf, temporaryDir } from './gateway.js';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);
const SYSTEMD = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'];

export interface UserManager {
  readonly home: string;
  /** Runs a program beside it; what it printed and its exit code, also when that is none of success. */
  run(program: string, ...args: string[]): Promise<Ran>;
  /** `systemctl --user show`, one property. */
  property(unit: string, name: string): Promise<string>;
  stop(): Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws Error that says why there is none */
export async function startUserManager(): Promise<UserManager> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('a systemd of its own takes Linux and root');
  needProgram('systemctl', 'systemd');
  const systemd = SYSTEMD.find(existsSync);
  if (systemd === undefined) throw new Error('systemd is not installed');
  const home = temporaryDir();
  const cgroups = makeCgroups();
  const script = [
    'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0 || exit 9',
    ...cgroups.map((cgroup) => `echo $$ > '${cgroup}/cgroup.procs'`),
    // Not the first process there: as that it would be the one of a whole machine.
    `${systemd} --user; exit $?`,
  ].join('\n');
  const env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: '/run/user/0' };
  const flags = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const outer = spawn('unshare', [...flags, 'sh', '-c', script], { env, stdio: 'ignore' });
  const ended = new Promise<void>(
    (resolve) => void outer.once('close', () => resolve()).once('error', () => resolve()),
  );
  const stop = async (): Promise<void> => {
    outer.kill('SIGKILL');
    await ended;
    await waitFor('the cgroups to be gone', () => cgroups.every(removed));
  };
  const inside = async (program: string, ...args: string[]): Promise<Ran> => {
    const [pid] = childrenOf(outer.pid ?? 0);
    if (pid === undefined) return { code: 1, stdout: '', stderr: 'systemd has ended' };
    const words = ['--target', String(pid), '--mount', '--pid', program, ...args];
    try {
      return { code: 0, ...(await run('nsenter', words, { env, timeout: 60_000 })) };
    } catch (caught) {
      const { code, stdout, stderr } = caught as Ran;
      return { code: typeof code === 'number' ? code : 1, stdout, stderr };
    }
  };
  try {
    await waitFor(
      'a systemd of its own',
      async () => {
        if (outer.exitCode !== null) throw new Error('systemd cannot run in namespaces here');
        return (await inside('systemctl', '--user', 'show', '--property', 'Version')).code === 0;
      },
      10_000,
    );
  } catch (caught) {
    await stop();
    throw caught;
  }
  return {
    home,
    run: inside,
    property: async (unit, name) =>
      (await inside('systemctl', '--user', 'show', unit, '--property', name, '--value')).stdout.trim(),
    stop,
  };
}

/** What systemd makes there is to be in a place of its own, which can be removed: in each of the trees that it looks at. */
function makeCgroups(): readonly string[] {
  return ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']
    .filter((root) => existsSync(join(root, 'cgroup.procs')))
    .map((root) => {
      const dir = join(root, `pllan-test-${process.pid}`);
      mkdirSync(dir, { recursive: true });
      return dir;
    });
}

/** A cgroup is a folder that can be removed once nothing runs in it, from the inside out. */
function removed(dir: string): boolean {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true }))
      if (entry.isDirectory()) removed(join(dir, entry.name));
    rmdirSync(dir);
    return true;
  } catch {
    return !existsSync(dir);
  }
}
