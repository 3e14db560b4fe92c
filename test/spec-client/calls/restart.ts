/** Restarts and updates. The gateway goes on: what is asked for here would be a day later. */
import * as v from 'valibot';
import { expect } from 'vitest';
import { anything, maybe, moment, natural, nullable, sessionKey, text } from '../primitives.js';
import { expectOk, type Calls } from './call.js';

const Preflight = v.looseObject({
  safe: v.boolean(),
  counts: v.looseObject({ activeRuns: natural, queueSize: natural, totalActive: natural }),
  blockers: v.array(anything),
});

const Requested = v.looseObject({
  ok: v.literal(true),
  status: v.picklist(['scheduled', 'deferred', 'coalesced']),
  preflight: Preflight,
  restart: v.looseObject({ ok: v.literal(true), delayMs: natural, reason: text, coalesced: v.boolean() }),
});

const Sentinel = v.looseObject({
  kind: v.picklist(['config-patch', 'config-apply', 'update', 'restart']),
  status: v.picklist(['ok', 'error', 'skipped']),
  ts: moment,
  sessionKey: maybe(sessionKey),
  message: maybe(text),
});

const Status = v.looseObject({ sentinel: nullable(Sentinel) });

const Skipped = v.looseObject({
  ok: v.literal(false),
  result: v.looseObject({
    status: v.literal('skipped'),
    mode: v.literal('unknown'),
    reason: v.literal('not-git-install'),
    steps: v.pipe(v.array(anything), v.maxLength(0)),
    durationMs: natural,
  }),
  restart: v.null(),
  sentinel: anything,
});

const DAY_MS = 86_400_000;

export const restartCalls: Calls = {
  'gateway.restart.preflight': async ({ client }) => {
    const { safe, counts } = (await expectOk(
      client,
      'gateway.restart.preflight',
      {},
      Preflight,
    )) as v.InferOutput<typeof Preflight>;
    expect(safe).toBe(counts.totalActive === 0);
  },
  'gateway.restart.request': async ({ client }) => {
    const params = { reason: 'spec', delayMs: DAY_MS, note: 'noted' };
    await expectOk(client, 'gateway.restart.request', params, Requested);
    const again = await expectOk(client, 'gateway.restart.request', params, Requested);
    expect(again).toMatchObject({ status: 'coalesced', restart: { coalesced: true } });
  },
  'update.status': async ({ client }) => {
    const { sentinel } = await expectOk(client, 'update.status', {}, Status);
    expect(sentinel).toMatchObject({ kind: 'restart', message: 'noted' });
  },
  'update.run': async ({ client }) =>
    void (await expectOk(
      client,
      'update.run',
      { note: 'spec', restartDelayMs: 0, timeoutMs: 1_000 },
      Skipped,
    )),
};
