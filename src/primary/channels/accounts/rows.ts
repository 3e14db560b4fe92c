/** How accounts are shown: `channels.status`, `health` (methods.md §2, §8). */
import { isSensitiveName } from '../../../shared/config/redact/sensitive.js';
import type { PlacedRef } from '../../../shared/secrets/config-refs.js';
import { accountLimits } from '../limits.js';
import { isRunning } from './account-facts.js';
import type { Supervisor } from './supervisor.js';

/** @param now milliseconds since the epoch */
export function accountRow(one: Supervisor, refs: readonly PlacedRef[], now: number): object {
  const { account, facts, running } = one;
  const { accountId, common, enabled } = account;
  const ownRefs = refsOf(one, refs);
  const isSet = isConfigured(one, ownRefs);
  const steady = facts.lastConnectedAt !== null && now - facts.lastConnectedAt >= accountLimits.steadyMs;
  return {
    accountId,
    ...(common.name === undefined ? {} : { name: common.name }),
    enabled,
    configured: isSet,
    linked: isSet,
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
    tokenSource: tokenSourceOf(one, ownRefs),
    ...facts.about,
    ...(facts.probe ? { probe: facts.probe } : {}),
  };
}

/** A channel's own row is that of its accounts together; what one error there is room for is the default account's. */
export function channelRow(
  accounts: readonly Supervisor[],
  defaultId: string,
  refs: readonly PlacedRef[],
): object {
  const isSet = accounts.some((one) => isConfigured(one, refsOf(one, refs)));
  const main = accounts.find(({ account }) => account.accountId === defaultId);
  const errors = [main, ...accounts].flatMap((one) => one?.facts.lastError ?? []);
  return {
    configured: isSet,
    linked: isSet,
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

/** There is something to connect with, or would be if it were enabled. */
function isConfigured({ account: { own } }: Supervisor, refs: readonly PlacedRef[]): boolean {
  return Object.keys(own).length + refs.length > 0;
}

/** Refs that it may get values of, its own before those of its channel; also such as are not in use. */
function refsOf(
  { account: { channel, accountId } }: Supervisor,
  refs: readonly PlacedRef[],
): readonly PlacedRef[] {
  const below = (...place: readonly string[]): readonly PlacedRef[] =>
    refs.filter(
      ({ segments }) =>
        segments.length === place.length + 1 && place.every((part, at) => segments[at] === part),
    );
  return [...below('channels', channel, 'accounts', accountId), ...below('channels', channel)];
}

/** Where the credential comes from; `none`: the network asks for none, or there is none. */
function tokenSourceOf({ account }: Supervisor, [ref]: readonly PlacedRef[]): string {
  return ref?.ref.source ?? (Object.keys(account.own).some(isSensitiveName) ? 'config' : 'none');
}
