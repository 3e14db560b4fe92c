/**
 * Admits runs that HTTP clients ask for through their workers, whatever the endpoint (http.md §4, §5.2, §7). Such a run
 * stays with its worker, where its client waits: it ends when either is gone.
 *
 *   asked ──▶ accepted, its turn, the worker runs it ──end stored──▶ answered
 *     └──▶ refused: a full lane, a key that another request has; or answered with what is recorded of the key
 */
import { ASKER_GONE } from '../../shared/asking.js';
import type { HttpErrorName } from '../../shared/errors/catalogue.js';
import type { AskedRun, RecordedAnswer, RunVerdict, ToldFailure } from '../../shared/http-run.js';
import type { RouteTable } from '../../shared/routes.js';
import type { RunEnd, RunRecord, SessionKey } from '../../shared/store/records.js';
import { storeLimits } from '../../shared/limits.js';
import type { Usage } from '../../shared/usage.js';
import type { PrimaryAnswers } from '../workers/worker-slot.js';
import { UnwritableStore } from '../store/store.js';
import type { LiveRun } from './run.js';
import type { Runs } from './runs.js';
import { createResponseSessions } from './response-sessions.js';
import { STOPPED } from './run-records.js';
import {
  agentOf,
  canonicalKey,
  isMalformed,
  isShortEnough,
  type KeyScheme,
} from '../../shared/store/session-keys.js';
import type { Sessions } from './sessions.js';

export interface HttpRunServices {
  readonly runs: Runs;
  readonly sessions: Sessions;
  routes(): RouteTable;
}

export function httpRunAnswers({ runs, sessions, routes }: HttpRunServices): Pick<PrimaryAnswers, 'run'> {
  const { store } = sessions;
  const continuable = createResponseSessions(() => performance.now());

  /** Resolves when it has ended; ends it when nobody waits for it any more. */
  const ended = async ({ record, ended }: LiveRun, signal: AbortSignal): Promise<RunVerdict> => {
    const { runId, sessionKey } = record;
    const giveUp = (): void => {
      if (signal.reason === ASKER_GONE) runs.homeLost(runId);
      else void runs.abort(sessionKey, runId, 'rpc');
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const end = await ended;
    return end.status === 'ok' ? { outcome: 'ended' } : failed(failureOf(end));
  };
  /** What a request is told whose key is that of an earlier one. */
  const repeated = ({ http, end }: RunRecord, asked: AskedRun): RunVerdict => {
    if (http?.bodyHash !== asked.http.bodyHash) return failed({ error: 'idempotencyMismatch' });
    if (!end) return failed({ error: 'idempotencyInProgress', retryAfter: '1' });
    if (end.payload.stopReason === 'restart') return failed({ error: 'runInterrupted', message: STOPPED });
    if (end.status !== 'ok') return failed(failureOf(end));
    return { outcome: 'repeated', answer: recordedAnswer(http?.created ?? asked.http.created, end) };
  };

  const admit: PrimaryAnswers['run'] = async (asked, signal, { slot }) => {
    const { method, runId, message, images, toolResults, http, model, timeoutMs } = asked;
    const { continuation } = asked;
    const continued = continuable.find(continuation, asked.agentId);
    const named = continued ? { ...asked, sessionKey: continued } : asked;
    const place = placeOf(named, sessions.scheme, routes());
    if ('problem' in place) return refused(place.problem);
    const { key, agentId } = place;
    if ((await sessions.get(key))?.sendPolicy === 'deny') return refused('send blocked by session policy');
    const acceptance = await runs.accept({
      method,
      runId,
      key,
      agentId,
      message,
      images,
      toolResults,
      http,
      model,
      timeoutMs,
      home: { slot, ticket: asked.ticket },
    });
    switch (acceptance.outcome) {
      case 'accepted': {
        const verdict = await ended(acceptance.run, signal);
        if (continuation && verdict.outcome === 'ended')
          continuable.remember(runId, { key, agentId, caller: continuation.caller });
        return verdict;
      }
      case 'in-flight':
        return repeated(acceptance.run.record, asked);
      case 'ended': {
        const record = await store.runs.get(runId);
        return record ? repeated(record, asked) : failed({ error: 'internal' });
      }
      case 'key-taken':
        return failed({ error: 'idempotencyMismatch' });
      case 'busy':
        return failed({ error: 'overloaded', retryAfter: '1' });
      case 'closed':
        return failed({ error: 'serviceUnavailable', retryAfter: '1' });
    }
  };
  return {
    async run(...question) {
      try {
        return await admit(...question);
      } catch (caught) {
        return notStored(caught);
      }
    },
  };
}

type RunPlace =
  | { readonly key: SessionKey; readonly agentId: string }
  /** What is wrong. */
  | { readonly problem: string };

/** The session that is meant, and whose turn it is: an agent that nobody named is the session's. */
function placeOf(asked: AskedRun, scheme: KeyScheme, { agents }: RouteTable): RunPlace {
  const { sessionKey, agentId, agentNamed } = asked;
  if (!isShortEnough(sessionKey)) return { problem: 'The session key is too long.' };
  if (isMalformed(sessionKey)) return { problem: `Malformed session key '${sessionKey}'.` };
  const key = canonicalKey(sessionKey, scheme, agentId);
  const owner = key === 'global' || key === 'unknown' ? agentId : agentOf(key, scheme);
  if (agentNamed && owner !== agentId)
    return { problem: `Agent '${agentId}' does not match agent '${owner}' of the session key.` };
  return Object.hasOwn(agents, owner) ? { key, agentId: owner } : { problem: `Unknown agent '${owner}'.` };
}

function recordedAnswer(created: number, { payload, toolCalls = [] }: RunEnd): RecordedAnswer {
  const { payloads, meta } = payload.result as RecordedResult;
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0 } = meta.agentMeta?.usage ?? {};
  const usage = { input, output, cacheRead, cacheWrite };
  const text = payloads.map((one) => one.text).join('\n\n');
  return { created, text, toolCalls, stopReason: meta.stopReason ?? 'stop', usage };
}

/** What `runEnd` makes of a run that ended well. */
interface RecordedResult {
  readonly payloads: readonly { readonly text: string }[];
  readonly meta: {
    readonly stopReason?: RecordedAnswer['stopReason'];
    readonly agentMeta?: { readonly usage: Partial<Usage> };
  };
}

/** Of a run that did not end well. */
function failureOf({ payload: { stopReason }, message, failure }: RunEnd): ToldFailure {
  if (failure) return { ...failure, ...(message === undefined ? {} : { message }) };
  if (stopReason === 'timeout') return { error: 'upstreamTimeout' };
  if (stopReason === 'restart') return { error: 'serviceUnavailable', retryAfter: '1' };
  if (stopReason !== undefined) return { error: 'runAborted' };
  // So begins what is said of a run that something died under (runs-and-events.md §12); the rest is for the log.
  const error: HttpErrorName = message?.startsWith('interrupted:') ? 'runInterrupted' : 'internal';
  return error === 'internal' || message === undefined ? { error } : { error, message };
}

function notStored(caught: unknown): RunVerdict {
  if (!(caught instanceof UnwritableStore)) throw caught;
  const retryAfter = String(storeLimits.retryAfterMs / 1_000);
  return failed({ error: 'notStored', message: caught.message, retryAfter });
}

function refused(message: string): RunVerdict {
  return failed({ error: 'invalidRequest', message });
}

function failed(failure: ToldFailure): RunVerdict {
  return { outcome: 'failed', failure };
}
