/**
 * Looks after accounts now and then (operations.md §7): one that has given up is started again, and one that was silent for
 * a whole interval has to prove that it is connected. After the machine has slept all connect anew: what they had is gone.
 */
import type { Logger } from '../../../shared/log/logger.js';
import { toError } from '../../../shared/to-error.js';
import { healthCheckLimits } from '../limits.js';
import { isRunning } from './account-facts.js';
import type { Supervisor } from './supervisor.js';

export interface HealthCheckOptions {
  accounts(): readonly Supervisor[];
  /** Of `gateway.channelHealthCheckMinutes`; 0: never. */
  readonly minutes: number;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface HealthCheck {
  start(): void;
  /** The machine has slept. */
  woke(): void;
  stop(): void;
}

const HOUR_MS = 3_600_000;

export function createHealthCheck({ accounts, minutes, log, now }: HealthCheckOptions): HealthCheck {
  const intervalMs = minutes * 60_000;
  /** Restarts of the last hour, and the first check that may make another. */
  const known = new WeakMap<Supervisor, { readonly at: readonly number[]; readonly from: number }>();
  let timer: NodeJS.Timeout | undefined;
  let cycle = 0;

  const mayRestart = (one: Supervisor): boolean => {
    const { at = [], from = 0 } = known.get(one) ?? {};
    const recent = at.filter((time) => now() - time < HOUR_MS);
    return cycle >= from && recent.length < healthCheckLimits.restartsPerHour;
  };
  const restart = async (one: Supervisor, why: string): Promise<void> => {
    const at = [...(known.get(one)?.at ?? []), now()].slice(-healthCheckLimits.restartsPerHour);
    known.set(one, { at, from: cycle + healthCheckLimits.coolDownCycles + 1 });
    await one.restart(why);
  };
  const checkOne = async (one: Supervisor): Promise<void> => {
    const { phase, stopReason, lastAliveAt } = one.facts;
    if (!mayRestart(one)) return;
    if (phase === 'stopped' && stopReason === 'exhausted') return restart(one, 'it had given up');
    if (phase !== 'connected' || now() - lastAliveAt < intervalMs) return;
    const { ok } = await one.probe(healthCheckLimits.probeMs);
    if (!ok) await restart(one, 'it was silent, and does not answer');
  };
  const isolated = async (one: Supervisor, task: () => Promise<void>): Promise<void> => {
    try {
      await task();
    } catch (caught) {
      const { channel, accountId } = one.account;
      log.error('channel.check', `${channel} ${accountId}: ${toError(caught).message}`);
    }
  };
  const check = (): void => {
    cycle += 1;
    for (const one of accounts()) void isolated(one, () => checkOne(one));
  };
  return {
    start() {
      if (intervalMs > 0) timer = setInterval(check, intervalMs).unref();
    },
    woke() {
      for (const one of accounts())
        if (isRunning(one.facts)) void isolated(one, () => one.restart('the machine slept'));
    },
    stop: () => clearInterval(timer),
  };
}
