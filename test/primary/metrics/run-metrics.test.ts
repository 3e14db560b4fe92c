/** What is counted of runs on sessions (http.md §12). */
import { expect, it } from 'vitest';
import { createRunMetrics } from '../../../src/primary/metrics/run-metrics.js';
import type { RunEnd, RunRecord, SessionKey } from '../../../src/shared/store/records.js';

const run = (
  method: RunRecord['method'],
  end: Partial<RunEnd['payload']>,
  more: Partial<RunRecord> = {},
): RunRecord => {
  const payload = { runId: 'K', status: 'ok', summary: 'completed', ...end } as const;
  return {
    runId: 'K',
    method,
    sessionKey: 'agent:main:main' as SessionKey,
    sessionId: 's',
    agentId: 'main',
    message: 'Hi',
    acceptedAt: 1_000,
    startedAt: 2_000,
    end: { endedAt: 4_000, status: payload.status, payload },
    ...more,
  };
};
const route = { channel: 'irc', accountId: 'a', kind: 'direct', id: 'ann' } as const;

it('counts runs by who asked for them, where they came from and how they ended', () => {
  const metrics = createRunMetrics();
  const agentMeta = { provider: 'p', model: 'm' };
  metrics.ended(run('channel', { result: { meta: { agentMeta } } }, { reply: { route, kind: 'reply' } }));
  metrics.ended(run('chat.send', { status: 'timeout', stopReason: 'stop' }));
  metrics.ended(run('hooks.agent', { status: 'timeout', stopReason: 'timeout' }));
  metrics.ended(run('agent', { status: 'error' }));
  metrics.ended(run('channel', { summary: 'taken over by L' }));
  const [total, duration] = metrics.snapshot();
  expect(total?.values.map(({ labels }) => Object.values(labels).join(' '))).toEqual([
    'irc m ok p message',
    'webchat unknown aborted unknown message',
    'unknown unknown timeout unknown hook',
    'unknown unknown error unknown rpc',
  ]);
  const sum = duration?.values.find(({ metricName }) => metricName?.endsWith('_sum'));
  expect(sum?.value).toBe(2);
});
