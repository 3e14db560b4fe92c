/**
 * Programs that tests check our files with, or talk to: from Debian's packages where they are missing. Linux with apt only. Test
 * files that run at the same time wait for each other: apt does not.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const user = process.getuid?.() ?? 0;
const lock = join(tmpdir(), `pllan-apt-${user}.lock`);

/** Installed, if need be, as root. @throws Error that says how it is to be had */
export function needProgram(program: string, debianPackage: string): void {
  if (isInstalled(program)) return;
  const why = `${program} is not installed: apt-get install ${debianPackage}`;
  if (user !== 0 || !isInstalled('apt-get')) throw new Error(why);
  apt(['install', '-y', '--no-install-recommends', debianPackage]);
  if (!isInstalled(program)) throw new Error(why);
}

/**
 * Of packages that would bring services and much else with them: only their files, in a folder of the project's. Nothing is
 * installed, and nobody need be root. Gives the folder, which stands for the root of the file system.
 *
 * @throws Error that says how they are to be had
 */
export function filesOf(packages: readonly string[]): string {
  const kept = resolve('node_modules', '.cache', 'debian', packages.join('+'));
  if (existsSync(kept)) return kept;
  if (!isInstalled('apt-get')) throw new Error(`not installed here: Debian's ${packages.join(' and ')}`);
  mkdirSync(join(kept, '..'), { recursive: true });
  const dir = mkdtempSync(`${kept}-`);
  try {
    apt(['download', ...packages], dir);
    for (const file of readdirSync(dir).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['--extract', file, '.'], { cwd: dir, stdio: 'pipe' });
      rmSync(join(dir, file));
    }
    // All of it or nothing; another test file may have been faster.
    if (!existsSync(kept)) renameSync(dir, kept);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return kept;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The lists of packages may be missing, or old: then they are fetched, and it is tried once more. */
function apt(args: readonly string[], cwd = '.'): void {
  const run = (...words: readonly string[]): unknown =>
    execFileSync('flock', [lock, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=120', ...words], {
      cwd,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'pipe',
      timeout: 180_000,
    });
  try {
    run(...args);
  } catch {
    run('update');
    run(...args);
  }
}
