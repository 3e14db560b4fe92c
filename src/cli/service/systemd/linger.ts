/** Lingering: the services of a user run when nobody is logged in (cli.md §15.3). */
import type { RunCommand } from '../run-command.js';

/** Undefined where nobody knows. */
export async function lingers(user: string, run: RunCommand): Promise<boolean | undefined> {
  const { ok, stdout } = await run('loginctl', ['show-user', user, '--property', 'Linger', '--value']);
  if (!ok) return undefined;
  return stdout.trim() === 'yes';
}

/** Tries, and says how it is done where this user may not. */
export async function enableLinger(user: string, run: RunCommand): Promise<readonly string[]> {
  if (await lingers(user, run)) return [];
  const result = await run('loginctl', ['enable-linger', user]);
  return result.ok ? [] : [lingerHint(user)];
}

export function lingerHint(user: string): string {
  return `The service stops when ${user} logs out. To keep it: sudo loginctl enable-linger ${user}`;
}
