/**
 * `pllan agent --local`: a gateway for one run (cli.md §14). It is one of this config and state directory, on a loopback
 * port of its own, without channels, cron and Tailscale, and it ends with the command.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { liveOwner } from '../../shared/instance-lock.js';
import type { GatewayAccess } from '../client/call.js';
import { endsWithUs } from '../client/ends-with-us.js';
import { freePort } from '../client/free-port.js';
import type { CommandContext } from '../command.js';
import { runLimits } from '../limits.js';
import { plainText } from '../output/plain-text.js';
import { entryPath } from '../service/desired.js';
import { UserError } from '../user-error.js';

/** @throws UserError when it does not start, or what `use` throws */
export async function withOwnGateway<T>(
  context: CommandContext,
  access: GatewayAccess,
  use: (own: GatewayAccess) => Promise<T>,
): Promise<T> {
  const { ownEnv, folder, paths } = context;
  const owner = liveOwner(paths.stateDir);
  if (owner)
    throw new UserError(`A gateway runs with this state directory (pid ${owner.pid}): leave --local out.`);
  const port = await freePort();
  const settings = {
    PLLAN_GATEWAY_TOKEN: randomBytes(24).toString('hex'),
    PLLAN_SKIP_CHANNELS: '1',
    PLLAN_SKIP_CRON: '1',
  };
  const flags = ['--bind', 'loopback', '--auth', 'token', '--tailscale', 'off', '--allow-unconfigured'];
  const child = spawn(
    process.execPath,
    [entryPath(), '--log-level', 'info', 'gateway', '--port', String(port), ...flags],
    // Ctrl-C is for the run.
    { env: { ...ownEnv, ...settings }, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const end = endsWithUs(child, ['SIGTERM', 'SIGHUP']);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    await ready(child);
    const env = { ...access.sources.env, ...settings };
    return await use({
      ...access,
      flags: { url: undefined, port, token: undefined, password: undefined },
      sources: { ...access.sources, env },
    });
  } finally {
    end();
    await ended;
  }
}

/** Resolves when it takes requests. @throws UserError with what it said when it ended instead */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.on('data', (chunk: Buffer) => {
        said[name] = (said[name] + chunk.toString()).slice(-runLimits.startTextChars);
        if (/\bready \(\d/.test(said.stdout)) resolve();
      });
    child.once('error', (error) => reject(new UserError(`The agent cannot run here: ${error.message}`)));
    child.once('close', () => {
      const [first = 'no gateway for it could be started', ...rest] = said.stderr
        .split('\n')
        .map(plainText)
        .filter((line) => line !== '');
      reject(new UserError(first, rest));
    });
  });
}
