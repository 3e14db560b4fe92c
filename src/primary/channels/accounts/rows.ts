/** How accounts are shown: `channels.status`, `health` (methods.md §2, §8). */
import { isSensitiveName } from '../../../shared/config/redact/sensitive.js';
import type { PlacedRef } from '../../../shared/secrets/config-refs.js';
import { accountLimits } from '../limits.js';
import { isRunning } from './account-facts.js';
import type { Supervisor } from './supervisor.js';

/** @param now milliseconds since the epoch */
export function accountRow(one: Supervisor, refs: readonly PlacedRef[], now: number): object {
  const { account, facts, running } = one;
  const { accountId, common, enabled, own } = account;
  const isConfigured = Object.keys(own).length > 0;
  const steady = facts.lastConnectedAt !== null && now - facts.lastConnectedAt >= accountLimits.steadyMs;
  return {
    accountId,
    ...(common.name === undefined ? {} : { name: common.name }),
    enabled,
    configured: isConfigured,
    linked: isConfigured,
    running: isRunning(facts),
    connected: facts.phase === 'connected',
    reconnectAttempts: facts.phase === 'connected' && steady ? 0 : facts.failures,
    lastConnectedAt: facts.lastConnectedAt,
    lastError: facts.lastError,
    lastStartAt: facts.lastStartAt,
    lastStopAt: facts.lastStopAt,
    lastInboundAt: facts.lastInboundAt,
    lastOutboundAt: facts.lastOutboundAt,
    lastProbeAt: facts.lastProbeAt,
    ...(isRunning(facts) ? { mode: running.account.mode } : {}),
    tokenSource: tokenSourceOf(one, refs),
    ...facts.about,
    ...(facts.probe ? { probe: facts.probe } : {}),
  };
}

/** A channel's own row is that of its accounts together; what one error there is room for is the default account's. */
export function channelRow(accounts: readonly Supervisor[], defaultId: string): object {
  const isConfigured = accounts.some(({ account }) => Object.keys(account.own).length > 0);
  const main = accounts.find(({ account }) => account.accountId === defaultId);
  const errors = [main, ...accounts].flatMap((one) => one?.facts.lastError ?? []);
  return {
    configured: isConfigured,
    linked: isConfigured,
    running: accounts.some(({ facts }) => isRunning(facts)),
    connected: accounts.some(({ facts }) => facts.phase === 'connected'),
    lastError: errors[0] ?? null,
    ...(main?.facts.probe ? { probe: main.facts.probe } : {}),
  };
}

/** `Telegram: connected`, for people. */
export function channelState(accounts: readonly Supervisor[]): string {
  const any = (is: (one: Supervisor) => boolean): boolean => accounts.some(is);
  if (any(({ facts }) => facts.phase === 'connected')) return 'connected';
  if (any(({ facts }) => isRunning(facts))) return 'not connected';
  if (any(({ startable }) => startable)) return 'stopped';
  return any(({ account }) => account.enabled) ? 'not configured' : 'disabled';
}

/** Where the credential comes from; `none`: the network asks for none, or there is none. */
function tokenSourceOf({ account }: Supervisor, refs: readonly PlacedRef[]): string {
  const { channel, accountId, own } = account;
  const names = Object.keys(own).filter(isSensitiveName);
  const places = [
    ['channels', channel, 'accounts', accountId],
    ['channels', channel],
  ].flatMap((place) => names.map((name) => [...place, name].join('\0')));
  const ref = places.flatMap((place) => refs.find(({ segments }) => segments.join('\0') === place) ?? [])[0];
  return ref?.ref.source ?? (names.length > 0 ? 'config' : 'none');
}
