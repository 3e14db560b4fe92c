/** `gateway.restart.*` and `update.*` (methods.md §12). */
import { restartLimits } from '../../../shared/limits.js';
import type { RestartServices } from '../../restart/open-restarts.js';
import { method, RpcError, type Method } from './method.js';

export interface RestartMethodServices {
  readonly restarts: RestartServices;
}

/** A program that was not installed from a repository is replaced by whoever installed it. */
const notUpdated = {
  status: 'skipped',
  mode: 'unknown',
  reason: 'not-git-install',
  steps: [],
  durationMs: 0,
};

export function restartMethods({ restarts }: RestartMethodServices): readonly Method[] {
  return [
    method({
      name: 'gateway.restart.preflight',
      scope: 'operator.read',
      summary: 'Whether a restart would hold anybody up now.',
      answers:
        '`{safe, counts: {activeRuns, queueSize, totalActive}, blockers: [{kind, count, message}]}`; `kind` is `run` or `queue`.',
      answer: () => JSON.stringify(restarts.preflight()),
    }),
    method({
      name: 'gateway.restart.request',
      scope: 'operator.admin',
      writeLimited: true,
      summary:
        'Restarts the gateway, when no run is under way or after five minutes. Before, config and secrets are read as at a start: if they are not right, it goes on as it is.',
      answers:
        '`{ok: true, status, preflight, restart: {ok, delayMs, reason, coalesced}}`: `scheduled`, `deferred` while runs are under way, or `coalesced` with a restart that is pending. `FORBIDDEN` where the config has `commands.restart: false`.',
      answer({ reason: given, note, sessionKey, ...how }) {
        if (!restarts.allowed)
          throw new RpcError({ code: 'FORBIDDEN', message: 'restart refused (commands.restart=false)' });
        if (restarts.closed) throw new RpcError({ code: 'UNAVAILABLE', message: 'gateway stopping' });
        const reason = given || 'gateway.restart.request';
        const preflight = restarts.preflight();
        const { answer } = restarts.ask(
          { cause: 'rpc', reason, deferralTimeoutMs: restartLimits.deferralMs, ...how },
          { kind: 'restart', sessionKey, message: note ?? reason },
        );
        const { status, delayMs } = answer;
        const restart = { ok: true, delayMs, reason: answer.reason, coalesced: status === 'coalesced' };
        return JSON.stringify({ ok: true, status, preflight, restart });
      },
    }),
    method({
      name: 'update.status',
      scope: 'operator.admin',
      summary: 'What the last restart that somebody asked for was about.',
      answers: '`{sentinel}`: null, or `{kind, status, ts, sessionKey, message}`.',
      answer: () => JSON.stringify({ sentinel: restarts.sentinel.last }),
    }),
    method({
      name: 'update.run',
      scope: 'operator.admin',
      writeLimited: true,
      summary: 'The gateway does not update itself: whoever installed it does.',
      answers: '`{ok: false, result: {status: "skipped", reason, …}, restart: null, sentinel}`',
      answer({ sessionKey, note }) {
        const payload = restarts.sentinel.note({
          kind: 'update',
          status: 'skipped',
          sessionKey,
          message: note,
          stats: { mode: notUpdated.mode, reason: notUpdated.reason },
        });
        const sentinel = { persisted: false, payload };
        return JSON.stringify({ ok: false, result: notUpdated, restart: null, sentinel });
      },
    }),
  ];
}
