/** Programs that tests check our files with: installed from Debian's packages where they are missing and that may be done. */
import { execFileSync } from 'node:child_process';

/** @throws Error that says how it is to be had */
export function needProgram(program: string, debianPackage: string): void {
  if (has(program)) return;
  const why = `${program} is not installed: apt-get install ${debianPackage}`;
  if (process.getuid?.() !== 0 || !has('apt-get')) throw new Error(why);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): unknown =>
    execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env,
      stdio: 'pipe',
      timeout: 180_000,
    });
  apt('update');
  apt('install', '-y', '--no-install-recommends', debianPackage);
  if (!has(program)) throw new Error(why);
}

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
