/**
 * `gateway restart`: by the service manager when it has the gateway, else by a signal to the process, or by asking the
 * gateway itself (`--safe`). Nothing is stopped for a config that it could not be started with.
 */
import { join } from 'node:path';
import { writePrivateFile } from '../../../shared/private-file.js';
import { callGateway, type GatewayAccess } from '../../client/call.js';
import { localHost } from '../../client/target.js';
import { readCliConfig, type CliConfig } from '../../config/cli-config.js';
import { serviceLimits } from '../../limits.js';
import { recordOf } from '../../record.js';
import { UserError } from '../../user-error.js';
import { servicePort } from '../audit/facts.js';
import { serviceSources, type ServiceContext } from '../context.js';
import type { InstalledService } from '../definition.js';
import { becomesHealthy } from '../healthy.js';
import { findGateway, signalGateway, strangerOn, type RunningGateway } from '../running-gateway.js';
import type { Outcome } from './outcome.js';
import { requireStartable, requireValidConfig } from './preflight.js';
import { isManaged } from './stop.js';
import { explaining, whyUnhealthy } from './why-unhealthy.js';
import { waitForRuns } from './wait-for-runs.js';

export interface RestartWishes {
  /** The gateway is asked, and waits for what is under way. */
  readonly safe: boolean;
  /** What is under way is ended. */
  readonly force: boolean;
  /** With `safe`: it does not wait. */
  readonly skipDeferral: boolean;
  /** Before anything: until nothing is under way, for so long; 0 for ever. */
  readonly waitMs: number | undefined;
}

/** What is to be started anew: where it listens, and with which config. */
interface Target {
  readonly port: number;
  readonly config: CliConfig;
}

export async function restartGateway(
  context: ServiceContext,
  access: GatewayAccess,
  wishes: RestartWishes,
): Promise<Outcome> {
  const { manager, paths, config } = context;
  const installed = manager?.command();
  const running = findGateway(paths.stateDir);
  const managed = installed && (await isManaged(context)) ? installed : undefined;
  const target = managed
    ? serviceTarget(managed, context)
    : { port: running?.port ?? config.gateway.port, config };
  if (managed) requireStartable(target.config, paths.home);
  else requireValidConfig(target.config, paths.home);
  if (!managed && !running) throw await nothingToRestart(context);
  if (wishes.waitMs !== undefined) await waitForRuns(access, wishes.waitMs);

  const since = performance.now();
  if (wishes.safe) {
    const scheduled = await ask(access, wishes);
    if (scheduled) return scheduled;
  } else {
    if (running) leaveIntent(paths.stateDir, running, wishes.force);
    if (manager && managed) await explaining(context, () => manager.restart());
    else if (running) signalToRestart(running, target.config);
  }
  const port = (): number => (managed ? undefined : findGateway(paths.stateDir)?.port) ?? target.port;
  const healthy = await becomesHealthy({
    host: localHost(target).host,
    port,
    tls: target.config.gateway.tls.enabled,
    since,
  });
  if (healthy) return { result: 'restarted', message: 'Gateway restarted.' };
  throw new UserError(
    `Timed out after ${serviceLimits.healthyMs / 1_000}s waiting for gateway port ${port()} to become healthy.`,
    await whyUnhealthy(context, port()),
  );
}

function serviceTarget(installed: InstalledService, { config }: ServiceContext): Target {
  const { env, paths } = serviceSources(installed);
  const port = servicePort(installed) ?? config.gateway.port;
  return { port, config: readCliConfig(env, paths) };
}

/** What it does then is a restart: its clients are told that they may come again (operations.md §4). */
function leaveIntent(stateDir: string, { pid }: RunningGateway, force: boolean): void {
  const intent = { kind: 'gateway-restart', pid, createdAt: Date.now(), ...(force ? { force } : {}) };
  writePrivateFile(join(stateDir, 'gateway-restart-intent.json'), JSON.stringify(intent));
}

function signalToRestart(running: RunningGateway, { commands }: CliConfig): void {
  if (process.platform === 'win32')
    throw new UserError('A gateway in the foreground cannot be restarted from here on Windows.', [
      'Stop it with Ctrl-C and start it anew, or use --safe.',
    ]);
  if (!commands.restart) throw new UserError('restart refused (commands.restart=false)');
  signalGateway(running, 'SIGUSR1');
}

/** Undefined when it goes at once. */
async function ask(access: GatewayAccess, { skipDeferral }: RestartWishes): Promise<Outcome | undefined> {
  const params = { reason: 'pllan gateway restart --safe', skipDeferral };
  const answer = recordOf(await callGateway(access, { method: 'gateway.restart.request', params }));
  const { totalActive } = recordOf(recordOf(answer.preflight).counts);
  if (answer.status !== 'deferred') return undefined;
  return {
    result: 'scheduled',
    message: `Gateway restart scheduled: it waits for ${String(totalActive)} run(s).`,
  };
}

async function nothingToRestart({ config, manager }: ServiceContext): Promise<UserError> {
  const { port } = config.gateway;
  const stranger = await strangerOn(port);
  return new UserError('No gateway process found', [
    ...(stranger === undefined ? [] : [`Port ${port} is held by ${stranger}, which was left alone.`]),
    manager?.command()
      ? 'Start the service with: pllan gateway start'
      : 'Install it with: pllan gateway install',
    'Or run it in the foreground: pllan gateway',
  ]);
}
