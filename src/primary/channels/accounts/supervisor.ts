/**
 * Keeps one account running (operations.md §8), whatever its network's code does:
 *
 *   off ──start()──▶ connecting ──connected()──▶ connected ──run ends──▶ resting ──back-off──▶ connecting
 *    ▲                   └───────── run ends, or 60 s ──────────────────▶ ▲  │
 *    └── disabled ── any                        stopped ◀── refused, 10 failures in a row, stop() ── any
 *
 * Starts and stops come one after the other. An object that does not stop in time is left alone, and the next run is that
 * of another one.
 */
import type { ConfiguredAccount } from '../../../shared/config/channel-accounts.js';
import type { Logger } from '../../../shared/log/logger.js';
import { toError } from '../../../shared/to-error.js';
import type { AccountPolicy, RunningAccount } from '../accounts.js';
import type { AccountHost, AccountMemory, Channel, ChannelAccount, InboundMessage } from '../channel.js';
import { accountLimits, inboundLimits } from '../limits.js';
import {
  isRunning,
  noFacts,
  type AccountFacts,
  type ProbeOutcome,
  type StopReason,
} from './account-facts.js';
import { restMs } from './back-off.js';
import { plainFacts } from './plain-facts.js';
import { createIntake } from './intake.js';
import { absentAccount, isolatedAccount } from './isolated-account.js';
import { channelError, oneRun, type OneRun, type RunEnd } from './one-run.js';
import { Overdue, within } from './within.js';

export interface SupervisorServices {
  /** It goes on with the message where it is for an agent. */
  inbound(from: RunningAccount, message: InboundMessage): Promise<void>;
  connected(account: RunningAccount): void;
  /** Rows show something else from here on. */
  changed(): void;
  /** A run after another one. */
  reconnects(): void;
  /** Something had no answer in time. */
  overdue(what: string): void;
  readonly memory: AccountMemory;
  /** Text of a network as it may be shown: without secrets. */
  shown(text: string): string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
}

export interface Supervisor {
  readonly channel: Channel;
  readonly account: ConfiguredAccount;
  readonly facts: Readonly<AccountFacts>;
  readonly running: RunningAccount;
  /** Enabled, with something to connect with. */
  readonly startable: boolean;
  /** Of an account that is startable; nothing where it runs. */
  start(): Promise<void>;
  stop(why: StopReason | undefined): Promise<void>;
  /** Anew with what the config says now. */
  restart(why: string): Promise<void>;
  /** What the config says from here on; what is for the network counts from the next start or restart. */
  use(account: ConfiguredAccount, policy: AccountPolicy): void;
  probe(ms: number): Promise<ProbeOutcome>;
  logout(): Promise<void>;
}

interface Opened {
  readonly account: ChannelAccount;
  readonly isolated: ChannelAccount;
  retired: boolean;
}

export function createSupervisor(
  channel: Channel,
  first: { readonly account: ConfiguredAccount; readonly policy: AccountPolicy },
  services: SupervisorServices,
): Supervisor {
  const { log, now } = services;
  let { account, policy } = first;
  const { accountId } = account;
  const name = `${channel.id} ${accountId}`;
  const facts = noFacts();
  const intake = createIntake(() => performance.now());
  let opened: Opened | undefined;
  let run: OneRun | undefined;
  let living: { readonly stopping: AbortController; readonly ended: Promise<void> } | undefined;
  let turns: Promise<void> = Promise.resolve();

  const set = (changes: Partial<AccountFacts>): void => {
    Object.assign(facts, changes);
    services.changed();
  };
  const running: RunningAccount = {
    channel,
    accountId,
    get account() {
      return opened?.isolated ?? absentAccount;
    },
    policy: () => policy,
    get connected() {
      return facts.phase === 'connected';
    },
  };

  const open = (): Opened => {
    const one: { retired: boolean } = { retired: false };
    const host: AccountHost = {
      accountId,
      log: log.for(`channels/${channel.id}`),
      memory: services.memory,
      groups: () => [...policy.groups].filter(([id, { enabled }]) => enabled && id !== '*').map(([id]) => id),
      connected(about = {}) {
        if (one.retired || !run) return;
        run.connected();
        const isNew = facts.phase !== 'connected';
        facts.lastAliveAt = now();
        set({ phase: 'connected', lastError: null, about: plainFacts(about), withoutSince: null });
        if (!isNew) return;
        facts.lastConnectedAt = now();
        log.info('channel.connected', `${name}: connected`, { channel: channel.id, accountId });
        services.connected(running);
      },
      alive: () => void (facts.lastAliveAt = now()),
      async inbound(message) {
        if (one.retired) throw new Error('the account was stopped');
        facts.lastAliveAt = facts.lastInboundAt = now();
        const { kind, id } = message.peer;
        await intake.take(`${kind}:${id}`, () =>
          within(inboundLimits.takeMs, () => services.inbound(running, message)),
        );
      },
    };
    const made = channel.open(account.own, host);
    const isolated = isolatedAccount(made, {
      sent: () => void (facts.lastOutboundAt = now()),
      overdue(what) {
        log.warn('channel.overdue', `${name}: ${what} had no answer in time`);
        services.overdue(what);
      },
      retired: () => one.retired,
    });
    return Object.assign(one, { account: made, isolated });
  };
  const retire = (): void => {
    if (opened) opened.retired = true;
    opened = undefined;
  };

  const once = async (signal: AbortSignal): Promise<RunEnd> => {
    set({ phase: 'connecting', lastStartAt: now(), withoutSince: facts.withoutSince ?? now() });
    try {
      opened ??= open();
    } catch (caught) {
      return { kind: 'failed', error: channelError(caught) };
    }
    run = oneRun(opened.account, signal);
    const end = await run.ended;
    run = undefined;
    if (end.kind !== 'abandoned') return end;
    retire();
    log.warn('channel.abandoned', `${name}: did not stop in time; it is left alone`);
    services.overdue('stop');
    return end;
  };

  /** Runs it until it is told to stop, or there is no use in trying. */
  const live = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const startedAt = now();
      const end = await once(signal);
      if (signal.aborted) return;
      const error = 'error' in end ? end.error : undefined;
      if (now() - startedAt >= accountLimits.steadyMs) facts.failures = 0;
      const failures = facts.failures + 1;
      const lastError = services.shown(error?.message ?? 'the connection has ended');
      const stopReason = stopReasonOf(error?.kind, failures);
      const without = { failures, lastError, withoutSince: facts.withoutSince ?? now() };
      if (stopReason) {
        retire();
        set({ ...without, phase: 'stopped', stopReason, lastStopAt: now() });
        log.error('channel.stopped', `${name}: ${lastError}; it stays stopped`, { reason: stopReason });
        return;
      }
      const ms = restMs(failures, error?.retryAfterMs, services.random());
      set({ ...without, phase: 'resting' });
      log.warn('channel.lost', `${name}: ${lastError}; again in ${Math.round(ms / 1_000)} s`, { failures });
      await pause(ms, signal);
      if (signal.aborted) return;
      services.reconnects();
    }
  };

  const begin = (): void => {
    if (living) return;
    const stopping = new AbortController();
    set({ stopReason: undefined, failures: 0, lastError: null });
    const ended = live(stopping.signal)
      .catch((caught: unknown) => {
        const lastError = services.shown(channelError(caught).message);
        set({ phase: 'stopped', stopReason: 'exhausted', lastError, lastStopAt: now() });
        log.error('channel.failed', `${name}: ${lastError}`);
      })
      .finally(() => {
        if (living?.stopping === stopping) living = undefined;
      });
    living = { stopping, ended };
  };
  const halt = async (): Promise<void> => {
    intake.stop('the account was stopped');
    living?.stopping.abort();
    await living?.ended;
    living = undefined;
    retire();
  };
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    turns = turns.then(task, task);
    return turns;
  };
  const isStartable = (): boolean => account.enabled && Object.keys(account.own).length > 0;

  return {
    channel,
    get account() {
      return account;
    },
    facts,
    running,
    get startable() {
      return isStartable();
    },
    start: () =>
      inTurn(async () => {
        if (isStartable()) begin();
      }),
    stop: (why) =>
      inTurn(async () => {
        const wasRunning = isRunning(facts);
        await halt();
        const phase = why === undefined ? 'off' : 'stopped';
        const without = why === undefined ? null : (facts.withoutSince ?? now());
        set({
          phase,
          stopReason: why,
          withoutSince: without,
          ...(wasRunning ? { lastStopAt: now() } : {}),
        });
      }),
    restart: (why) =>
      inTurn(async () => {
        log.info('channel.restart', `${name}: restarts: ${why}`);
        await halt();
        set({ phase: 'off', lastStopAt: now() });
        if (!isStartable()) return;
        services.reconnects();
        begin();
      }),
    use(next, nextPolicy) {
      account = next;
      policy = nextPolicy;
    },
    async probe(ms) {
      const startedAt = performance.now();
      const asked = opened?.isolated;
      const outcome: ProbeOutcome = asked
        ? await within(ms, (signal) => asked.probe(signal)).then(
            (about) => ({ ...plainFacts(about), ok: true }),
            (caught: unknown) => ({
              ok: false,
              error: caught instanceof Overdue ? 'timeout' : services.shown(toError(caught).message),
            }),
          )
        : { ok: false, error: facts.lastError ?? 'not running' };
      if (outcome.ok) facts.lastAliveAt = now();
      const elapsedMs = Math.round(performance.now() - startedAt);
      const probe = { ...outcome, elapsedMs };
      Object.assign(facts, { probe, lastProbeAt: now() });
      return probe;
    },
    async logout() {
      const { isolated } = (opened ??= open());
      await isolated.logout?.();
    },
  };
}

function stopReasonOf(kind: 'lost' | 'refused' | undefined, failures: number): StopReason | undefined {
  if (kind === 'refused') return 'refused';
  return failures >= accountLimits.attempts ? 'exhausted' : undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener('abort', end, { once: true });
  });
}
