/** `pllan agent --local` with real processes: a gateway for one run, of which nothing is left but the session. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEntry } from '../../support/entry-process.js';
import { isAlive } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';
import { cli, environmentWith, lockAsGateway } from '../support/cli.js';

const said = ['agent', '--agent', 'main', '--local', '-m'];
/** Its config is that of a client, and has a token. */
const remote = { gateway: { mode: 'remote', remote: { url: 'wss://far' }, auth: { token: 't0ken' } } };

test('the agent answers, and the next time it remembers', async () => {
  const env = { ...environmentWith(remote), PATH: process.env.PATH };
  expect(await cli([...said, 'Hello'], { env })).toMatchObject({
    exitCode: 0,
    stdout: 'Hello\n',
    stderr: '',
  });
  expect(existsSync(join(env.PLLAN_STATE_DIR, 'gateway.lock'))).toBe(false);
  const { stdout } = await cli(['sessions', '--json', '--store', join(env.PLLAN_STATE_DIR, 'store')], {
    env,
  });
  expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ key: 'agent:main:main' }] });
});

test('a command that is ended leaves no gateway', async () => {
  const env = environmentWith({});
  const lock = join(env.PLLAN_STATE_DIR, 'gateway.lock');
  const command = startEntry([...said, 'Hello'], { env: { ...env, PATH: process.env.PATH } });
  const pid = await waitFor('its gateway', () => {
    if (!existsSync(lock)) return undefined;
    return (JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid;
  });
  process.kill(command.pid, 'SIGTERM');
  await command.exited;
  await waitFor('the end of the gateway', () => !isAlive(pid));
});

test('beside a gateway that runs there is none', async () => {
  const env = environmentWith({});
  lockAsGateway(env, 1);
  const { exitCode, stderr } = await cli([...said, 'Hello'], { env });
  expect([exitCode, stderr]).toEqual([
    1,
    `A gateway runs with this state directory (pid ${process.pid}): leave --local out.\n`,
  ]);
});

test.each(['--deliver', '--url=ws://127.0.0.1:1', '--reply-to=x'])('%s needs the gateway', async (option) => {
  const { exitCode, stderr } = await cli([...said, 'Hello', option], { env: environmentWith({}) });
  expect([exitCode, stderr]).toEqual([1, `${option.split('=')[0]} needs a gateway: leave --local out.\n`]);
});
