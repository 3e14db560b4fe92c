/** Tailscale Serve and Funnel in front of a gateway, with a command that stands in for the real one (operations.md §9). */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFor, temporaryDir, TOKEN } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

interface Stub {
  readonly PATH: string;
  calls(): readonly string[];
}

/** @param script what it does; `$1` and so on are its arguments */
function tailscale(script: string): Stub {
  const dir = temporaryDir();
  const calls = join(dir, 'calls');
  writeFileSync(
    join(dir, 'tailscale'),
    `#!/bin/sh
case "$1 $2" in
"status --json") echo '{"Self":{"DNSName":"box.tail1234.ts.net."}}' ;;
*) echo "$@" >> '${calls}'; ${script} ;;
esac
`,
  );
  chmodSync(join(dir, 'tailscale'), 0o755);
  return {
    PATH: `${dir}:${process.env.PATH}`,
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').split('\n').filter(Boolean) : []),
  };
}

it('serve: the port gets a name, which is undone at the end where that is wanted', async (test) => {
  const { calls, PATH } = tailscale('');
  const gateway = await startFor(test, {
    env: { PATH },
    args: ['--tailscale', 'serve', '--tailscale-reset-on-exit'],
  });
  await gateway.prints(/tailscale serve enabled: https:\/\/box\.tail1234\.ts\.net\/\n/);
  expect(calls()).toEqual([`serve --bg --yes ${gateway.port}`]);
  expect(await gateway.stop()).toBe(0);
  expect(calls().slice(1)).toEqual(['serve reset']);
});

it('funnel: stays when it is not to be undone', async (test) => {
  const { calls, PATH } = tailscale('');
  const auth = { mode: 'password', password: 'password-0123456789' };
  const gateway = await startFor(test, {
    env: { PATH },
    config: { gateway: { auth, tailscale: { mode: 'funnel' } } },
  });
  await gateway.prints(/tailscale funnel enabled/);
  await gateway.stop();
  expect(calls()).toEqual([`funnel --bg --yes ${gateway.port}`]);
});

it.for([
  ['not logged in', 'echo "Logged out." >&2; exit 1', 'Logged out.'],
  ['missing', undefined, 'the tailscale command is not on the PATH'],
] as const)('%s: a warning, and the gateway goes on', async ([, script, reason], test) => {
  const stub = script === undefined ? undefined : tailscale(script);
  const gateway = await startFor(test, {
    env: { PATH: stub?.PATH ?? '/nowhere' },
    config: { gateway: { tailscale: { mode: 'serve', resetOnExit: true } } },
  });
  await waitFor('the warning', () =>
    gateway.stderr().includes(`tailscale serve failed: ${reason}; the gateway goes on without it`),
  );
  const models = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(models.status).toBe(200);
  expect(await gateway.stop()).toBe(0);
  expect(stub?.calls() ?? []).toHaveLength(stub ? 1 : 0);
});
