/** Jobs for tests, and what is told of them. */
import type { Frame } from '../../support/control-client.js';

export const turn = { kind: 'agentTurn', message: 'What is new?' };
export const fields = (over: object = {}): Record<string, unknown> => ({
  name: 'news',
  schedule: { kind: 'every', everyMs: 86_400_000 },
  sessionTarget: 'isolated',
  wakeMode: 'next-heartbeat',
  payload: turn,
  ...over,
});
export const event = { sessionTarget: 'main', payload: { kind: 'systemEvent', text: 'Rain' } };
export const ofJob =
  (id: unknown, action: string) =>
  ({ event, payload }: Frame): boolean =>
    event === 'cron' && payload?.jobId === id && payload?.action === action;
