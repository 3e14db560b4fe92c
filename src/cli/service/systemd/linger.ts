/** Lingering: the services of a user run when nobody is logged in (cli.md §15.3). */
import { UserError } from '../../user-error.js';
import type { ServiceHint } from '../manager.js';
import type { RunCommand } from '../run-command.js';

/** What there is to say about it: nothing where the user lingers, or nobody knows. */
export async function lingerHints(user: string, run: RunCommand): Promise<readonly ServiceHint[]> {
  const { ok, stdout } = await run('loginctl', ['show-user', user, '--property', 'Linger', '--value']);
  if (!ok || stdout.trim() === 'yes') return [];
  return [
    {
      code: 'systemd-linger',
      message: `The service stops when ${user} logs out. To keep it: sudo loginctl enable-linger ${user}`,
      question: `Keep the services of ${user} when nobody is logged in?`,
      async mend() {
        const { ok: done, problem } = await run('loginctl', ['enable-linger', user]);
        if (!done) throw new UserError(`loginctl enable-linger ${user} failed: ${problem}`);
      },
    },
  ];
}
