/** Programs that tests check our files with: from Debian's packages where they are missing. Linux with apt only. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const apt = (...args: string[]): unknown =>
  execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: 'pipe',
    timeout: 180_000,
  });

/** Installed, if need be, as root. @throws Error that says how it is to be had */
export function needProgram(program: string, debianPackage: string): void {
  if (isInstalled(program)) return;
  const why = `${program} is not installed: apt-get install ${debianPackage}`;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) throw new Error(why);
  apt('update');
  apt('install', '-y', '--no-install-recommends', debianPackage);
  if (!isInstalled(program)) throw new Error(why);
}

/**
 * Of a package that would bring services and much else with it: only the program is taken out of it. Gives its path.
 *
 * @throws Error that says how it is to be had
 */
export function programOf(program: string, debianPackage: string): string {
  if (isInstalled(program)) return program;
  const kept = join(tmpdir(), `pllan-debian-${process.getuid?.() ?? 0}`, program);
  if (existsSync(kept)) return kept;
  if (!isInstalled('apt-get'))
    throw new Error(`${program} is not installed: it is in Debian's package ${debianPackage}`);
  if (process.getuid?.() === 0) apt('update');
  const dir = mkdtempSync(join(tmpdir(), 'pllan-deb-'));
  try {
    const inDir = { cwd: dir, stdio: 'pipe', timeout: 180_000 } as const;
    execFileSync('apt-get', ['-qq', 'download', debianPackage], inDir);
    const [file = ''] = readdirSync(dir);
    const take = `mkdir -p '${join(kept, '..')}' && dpkg --fsys-tarfile '${file}' | tar -xO ./usr/bin/${program} > taken && chmod 755 taken && mv taken '${kept}'`;
    execFileSync('sh', ['-c', take], inDir);
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
