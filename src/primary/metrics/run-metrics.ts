/** Metrics of runs on sessions that have ended (http.md §12): how, how long they took, and who asked for them. */
import { createCells, type MetricJson } from '../../shared/metrics/cells.js';
import { label } from '../../shared/metrics/label.js';
import type { RunEnd, RunMethod, RunRecord } from '../../shared/store/records.js';

export interface RunMetrics {
  ended(run: RunRecord): void;
  snapshot(): readonly MetricJson[];
}

const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600];

export function createRunMetrics(): RunMetrics {
  const runs = createCells(seconds);
  return {
    ended({ method, reply, acceptedAt, startedAt = acceptedAt, end }) {
      // What another run has taken over, or was only a message, is no run of its own.
      if (!end || method === 'send' || end.payload.summary.startsWith('taken over by ')) return;
      const { provider, model } = agentMeta(end);
      const labels = {
        channel: label(method === 'channel' ? reply?.route.channel : places[method]),
        model: label(model),
        outcome: outcomeOf(end),
        provider: label(provider),
        trigger: triggers[method],
      };
      const key = Object.values(labels).join(' ');
      (runs.get(key) ?? runs.open(key, labels)).add((end.endedAt - startedAt) / 1_000);
    },
    snapshot: () => [
      runs.counter('pllan_run_completed_total', 'Runs on sessions that have ended.'),
      runs.histogram('pllan_run_duration_seconds', 'From the beginning of a run on a session to its end.'),
    ],
  };
}

const triggers: Readonly<Record<RunMethod, string>> = {
  agent: 'rpc',
  'chat.send': 'message',
  'sessions.send': 'message',
  'sessions.create': 'message',
  send: 'message',
  channel: 'message',
  'hooks.agent': 'hook',
  wake: 'wake',
  cron: 'cron',
  heartbeat: 'heartbeat',
  'chat.completions': 'http',
  responses: 'http',
};

/** Where those come from that no chat network has brought. */
const places: Readonly<Partial<Record<RunMethod, string>>> = {
  'chat.send': 'webchat',
  'sessions.send': 'webchat',
  'sessions.create': 'webchat',
  'chat.completions': 'http',
  responses: 'http',
};

function agentMeta({ payload }: RunEnd): { readonly provider?: string; readonly model?: string } {
  const { meta } = (payload.result ?? {}) as {
    readonly meta?: { readonly agentMeta?: { readonly provider?: string; readonly model?: string } };
  };
  return meta?.agentMeta ?? {};
}

function outcomeOf({ status, payload: { stopReason } }: RunEnd): string {
  if (status !== 'timeout') return status;
  return stopReason === 'timeout' ? 'timeout' : 'aborted';
}
