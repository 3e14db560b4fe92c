/**
 * The gateway's process: takes the signals, the log and the locks, and starts the gateway in it, anew where that restarts
 * (operations.md §2, §3.2).
 *
 *   checks ──▶ log, locks ──▶ gateway starts ──▶ runs ──▶ is closed ──▶ process ends
 *                                   ▲                         │
 *                                   └── restart: new log ◀────┘
 */
import { dirname } from 'node:path';
import { defaultWorkspace } from '../shared/config/workspaces.js';
import { namingProfile } from '../shared/advised-command.js';
import type { RunGateway } from '../shared/gateway-options.js';
import { makePrivateDir, removeOldTemporaries } from '../shared/private-file.js';
import { restartLimits } from '../shared/limits.js';
import type { Paths } from '../shared/paths.js';
import { toError } from '../shared/to-error.js';
import { makeStartPlan } from './config/start-plan.js';
import { openLog, type GatewayLog } from './log/open-log.js';
import { isAgentShell } from '../shared/agent-shell.js';
import { forcePort } from './port/force.js';
import { acquireLocks, type InstanceLock } from './port/lock.js';
import { beginBoot, type Boot } from './restart/boot-history.js';
import { coolDownMs, createCoolDown } from './restart/cool-down.js';
import { createServiceNotifier } from './service-notify.js';
import { endOnUnexpected, listenForSignals } from './signals.js';
import { exitCodes, StartError, systemStep } from './start-error.js';

const RAW_STREAM_REMEDY = 'Name another file with --raw-stream-path.';
const STATE_DIR_REMEDY = 'Make it a directory that this user can write to, or set PLLAN_STATE_DIR.';

export const runGateway: RunGateway = async (options) => {
  let opened: GatewayLog | undefined;
  const signals = listenForSignals(() => opened?.log);
  const notify = createServiceNotifier({ env: options.ownEnv, pid: process.pid, log: () => opened?.log });
  // It is not for whatever this process starts.
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete process.env[name];
  process.umask(0o077);
  let lock: InstanceLock | undefined;
  let boot: Boot | undefined;
  const cleanUp = (): void => {
    lock?.release();
    opened?.close();
  };
  try {
    const { paths } = options;
    const { asked } = signals;
    let plan = await makeStartPlan(options, asked);
    systemStep(`state directory ${paths.stateDir} cannot be used`, STATE_DIR_REMEDY, () =>
      makePrivateDir(paths.stateDir),
    );
    const { rawStream } = options.flags;
    if (rawStream !== undefined)
      systemStep(`folder of ${rawStream} cannot be made`, RAW_STREAM_REMEDY, () =>
        makePrivateDir(dirname(rawStream)),
      );
    let current = (opened = openLog(plan, options));
    const { log } = current;
    if (options.flags.force) await forcePort(plan.port, log, isAgentShell(options.ownEnv));
    lock = await acquireLocks({
      paths,
      port: plan.port,
      workspace: defaultWorkspace(plan.config, paths),
      env: plan.env,
      log,
      stop: asked,
    });
    endOnUnexpected(() => current.log, cleanUp);
    // Loaded when nothing stands in its way any more: a start that is refused costs half as much.
    const [{ startGateway }, { createPrimaryMetrics }] = await Promise.all([
      import('./main.js'),
      import('./metrics/primary-metrics.js'),
    ]);
    boot = beginBoot(paths.bootHistory, log);
    tidy(paths, Date.now());
    const kept = {
      boot,
      metrics: createPrimaryMetrics(),
      notify,
      coolDown: createCoolDown(coolDownMs(plan.env), () => performance.now()),
    };
    for (let startedAt = 0; ; startedAt = performance.now()) {
      const start = { options, plan, opened: current, kept, startedAt, stop: asked };
      const { shutdown, restarts } = await startGateway(start);
      signals.onStop(restarts.stopAsked);
      signals.onRestart(restarts.signalled);
      const end = await shutdown.done;
      if (end.next === 'exit') {
        boot.ended();
        return end.code;
      }
      ({ plan } = end);
      // Where the log goes may be different now, and what it must not say.
      opened = openLog(plan, options);
      current.close();
      current = opened;
      lock.moved(plan.port);
    }
  } catch (caught) {
    // A signal ended a wait of the start, and what had been opened is closed again: a clean stop.
    const isExpected = caught instanceof StartError || signals.asked.aborted;
    if (isExpected) boot?.ended();
    if (signals.asked.aborted && toError(caught).name === 'AbortError') return exitCodes.stopped;
    if (!(caught instanceof StartError)) throw caught;
    opened?.fileLog.error('start.failed', caught.message);
    process.stderr.write(`${namingProfile(caught.message, options.env.PLLAN_PROFILE)}\n`);
    return caught.exitCode;
  } finally {
    await notify.close();
    cleanUp();
    signals.dispose();
  }
};

/** What was being written when a gateway or a command was ended in the middle (operations.md §15). */
function tidy({ stateDir, identityDir, tokenFile, tlsDir }: Paths, now: number): void {
  for (const folder of [stateDir, identityDir, dirname(tokenFile), tlsDir])
    removeOldTemporaries(folder, now - restartLimits.temporaryMs);
}
