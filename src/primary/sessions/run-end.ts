/** How a run ends, and what that is for its requester, its session and its transcript (runs-and-events.md §1.2, §11). */
import type { TurnEnd } from '../../shared/run-job.js';
import type { RunEnd, RunRecord, SessionEntry } from '../../shared/store/records.js';
import { totalTokens, type Usage } from '../../shared/usage.js';

export type StopReason = 'rpc' | 'stop' | 'restart' | 'timeout';

export type RunOutcome =
  | Extract<TurnEnd, { readonly status: 'ok' }>
  | {
      readonly status: 'stopped';
      readonly stopReason: StopReason;
      /** For the message of somebody else: whoever asked is to hear of it. */
      readonly gaveWay?: boolean;
    }
  | Extract<TurnEnd, { readonly status: 'error' }>;

/** What of a run's record and text its end depends on. */
export interface EndedRun {
  readonly record: RunRecord;
  /** What the model said, as far as it is to be shown: its messages. */
  readonly shown: readonly string[];
  /** It answers a heartbeat, and says that there is nothing to be said. */
  readonly isAck?: boolean;
}

/** @param endedAt milliseconds since the epoch */
export function runEnd({ record, shown, isAck }: EndedRun, outcome: RunOutcome, endedAt: number): RunEnd {
  const { runId, sessionId, startedAt } = record;
  const payloads = shown.map((text) => ({ text }));
  const durationMs = endedAt - (startedAt ?? endedAt);
  switch (outcome.status) {
    case 'ok': {
      const { provider, model, usage, stopReason, toolCalls } = outcome;
      const agentMeta = { sessionId, provider, model, usage: shownUsage(usage) };
      const result = { payloads, meta: { durationMs, agentMeta, stopReason } };
      const payload = { runId, status: 'ok', summary: 'completed', result } as const;
      return {
        endedAt,
        status: 'ok',
        payload,
        ...(toolCalls ? { toolCalls } : {}),
        ...(isAck ? { acknowledged: true } : {}),
      };
    }
    case 'stopped': {
      const providerStarted = startedAt !== undefined;
      const payload = {
        runId,
        status: 'timeout',
        summary: 'aborted',
        stopReason: outcome.stopReason,
        timeoutPhase: providerStarted ? 'provider' : 'queue',
        providerStarted,
        ...(shown.length === 0 ? {} : { result: { payloads, meta: { durationMs, aborted: true } } }),
      } as const;
      return { endedAt, status: 'timeout', payload, ...(outcome.gaveWay ? { gaveWay: true } : {}) };
    }
    case 'error': {
      const { message, failure } = outcome;
      const payload = { runId, status: 'error', summary: message } as const;
      return { endedAt, status: 'error', message, payload, ...(failure ? { failure } : {}) };
    }
  }
}

/** As results and events tell it: kinds that many models do not have are there when there is something to tell. */
export function shownUsage(usage: Usage): object {
  const { input, output, cacheRead, cacheWrite } = usage;
  return {
    input,
    output,
    ...(cacheRead === 0 ? {} : { cacheRead }),
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
    total: totalTokens(usage),
  };
}

/** The end of one that there was nothing to run for, or no more: its session was reset, another run took it over. */
export function emptyEnd({ runId, acceptedAt }: RunRecord, summary: string, endedAt: number): RunEnd {
  const result = { payloads: [], meta: { durationMs: endedAt - acceptedAt } };
  return { endedAt, status: 'ok', payload: { runId, status: 'ok', summary, result } };
}

/** The session after the run. */
export function sessionAfter(
  entry: SessionEntry,
  { startedAt }: RunRecord,
  outcome: RunOutcome,
  endedAt: number,
): SessionEntry {
  const after: SessionEntry = {
    ...entry,
    updatedAt: endedAt,
    lastInteractionAt: endedAt,
    abortedLastRun: outcome.status === 'stopped',
    status: statusAfter(outcome),
    ...(startedAt === undefined ? {} : { startedAt, endedAt, runtimeMs: endedAt - startedAt }),
  };
  if (outcome.status !== 'ok') return after;
  const { usage, lastUsage, provider, model } = outcome;
  const inputTokens = (entry.inputTokens ?? 0) + usage.input;
  const outputTokens = (entry.outputTokens ?? 0) + usage.output;
  return {
    ...after,
    systemSent: true,
    inputTokens,
    outputTokens,
    totalTokens: totalTokens(lastUsage),
    totalTokensFresh: true,
    modelProvider: provider,
    model,
  };
}

/** `status` of a session's row (methods.md §4). */
function statusAfter(outcome: RunOutcome): 'done' | 'failed' | 'killed' | 'timeout' {
  if (outcome.status === 'ok') return 'done';
  if (outcome.status === 'error') return 'failed';
  return outcome.stopReason === 'timeout' ? 'timeout' : 'killed';
}
