/**
 * Tells systemd how the gateway is, by running `systemd-notify` (cli.md §15.3): Node has no Unix datagram sockets.
 *
 *   starting ──ready──▶ ready (fed while the event loop turns and the port is open) ──stopping──▶ silent
 *
 * A restart in the process stays ready. One notification at a time is under way: what is said meanwhile follows together.
 */
import { execFile, type ChildProcess } from 'node:child_process';
import { notifyLimits } from '../shared/limits.js';
import type { Logger } from '../shared/log/logger.js';
import type { Environment } from '../shared/paths.js';

export interface ServiceNotifier {
  /** Connections are taken, and answered. */
  ready(status: string): void;
  /** Whoever started the gateway is told that it ends. */
  stopping(): void;
  /** The watchdog is fed only while this is true. */
  watch(healthy: () => boolean): void;
  /** Says that it ends if nobody has, and resolves when that has been heard. */
  close(): Promise<void>;
}

const silent: ServiceNotifier = {
  ready: () => {},
  stopping: () => {},
  watch: () => {},
  close: async () => {},
};

export interface NotifierOptions {
  /** The process's own: what a file adds to it is no word of systemd. */
  readonly env: Environment;
  readonly pid: number;
  log(): Logger | undefined;
}

/** One that says nothing where nobody listens. */
export function createServiceNotifier({ env, pid, log }: NotifierOptions): ServiceNotifier {
  const socket = env.NOTIFY_SOCKET;
  if (!socket) return silent;
  let queue: string[] = [];
  let running: ChildProcess | undefined;
  const idle: (() => void)[] = [];
  let isReady = false;
  let isStopping = false;
  let healthy = (): boolean => true;

  const send = (): void => {
    if (running) return;
    if (queue.length === 0) {
      for (const resolve of idle.splice(0)) resolve();
      return;
    }
    const states = queue;
    queue = [];
    const options = {
      env: { NOTIFY_SOCKET: socket, PATH: env.PATH ?? '/usr/bin:/bin' },
      timeout: notifyLimits.commandMs,
      killSignal: 'SIGKILL',
    } as const;
    running = execFile('systemd-notify', states, options, (error, _stdout, stderr) => {
      running = undefined;
      if (error) log()?.warn('notify', `systemd-notify failed: ${stderr.trim() || error.message}`);
      send();
    });
  };
  const say = (...states: string[]): void => {
    queue.push(...states);
    send();
  };
  const stopping = (): void => {
    if (isStopping) return;
    isStopping = true;
    say('STOPPING=1', '--status=stopping');
  };
  const start = setInterval(() => {
    if (isReady || isStopping) clearInterval(start);
    else say(`EXTEND_TIMEOUT_USEC=${notifyLimits.startMs * 1_000}`);
  }, notifyLimits.startPollMs).unref();
  const feedMs = feedIntervalMs(env, pid);
  const feeder =
    feedMs === undefined
      ? undefined
      : setInterval(() => {
          // What has not been heard yet says as much as another one.
          if (isReady && !isStopping && queue.length === 0 && healthy()) say('WATCHDOG=1');
        }, feedMs).unref();
  return {
    ready(status) {
      isReady = true;
      // Of a wrapper it is the gateway that counts.
      say('--ready', `--pid=${pid}`, `--status=${status}`);
    },
    stopping,
    watch(next) {
      healthy = next;
    },
    async close() {
      clearInterval(start);
      clearInterval(feeder);
      stopping();
      await new Promise<void>((resolve) => {
        idle.push(resolve);
        send();
      });
    },
  };
}

/** A third of what systemd waits, so that one that is late does no harm; undefined where it does not wait for this process. */
function feedIntervalMs(env: Environment, pid: number): number | undefined {
  const waits = Number(env.WATCHDOG_USEC) / 1_000;
  // With a wrapper systemd has started another process, and still waits.
  const isMeant =
    env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(pid) || Boolean(env.PLLAN_SERVICE_MARKER);
  return Number.isFinite(waits) && waits > 0 && isMeant ? Math.max(100, waits / 3) : undefined;
}
