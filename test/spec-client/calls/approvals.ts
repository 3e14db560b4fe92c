/** Approvals of commands. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import { maybe, moment, nullable, text } from '../primitives.js';
import { expectOk, expectShape, ok, type Calls, type Story } from './call.js';

const rules = {
  security: v.picklist(['deny', 'allowlist', 'full']),
  ask: v.picklist(['off', 'on-miss', 'always']),
};
const ApprovalsFile = v.looseObject({
  path: text,
  exists: v.boolean(),
  hash: text,
  file: v.looseObject({
    version: v.literal(1),
    defaults: v.looseObject(rules),
    agents: v.record(v.string(), v.looseObject({})),
  }),
});
const Outcome = v.looseObject({
  id: text,
  decision: nullable(v.picklist(['allow-once', 'allow-always', 'deny'])),
  createdAtMs: moment,
  expiresAtMs: moment,
});
const Record = v.looseObject({
  id: text,
  request: v.looseObject({ command: text, cwd: maybe(nullable(text)) }),
  createdAtMs: moment,
  expiresAtMs: moment,
});

/** Asks, lets something be done with the request, decides; gives the answer to who asked. */
async function decided(
  { client }: Story,
  use: (id: string) => Promise<void>,
  decision: string,
): Promise<unknown> {
  const id = randomUUID();
  const waiting = client.call('exec.approval.request', { id, command: 'git status', cwd: '/tmp' });
  await client.event(
    ({ event, payload }) => event === 'exec.approval.requested' && (payload as { id: string }).id === id,
  );
  await use(id);
  await expectOk(client, 'exec.approval.resolve', { id, decision }, ok);
  const answer = await waiting;
  expect(answer).toMatchObject({ ok: true });
  return expectShape(Outcome, answer.payload, 'exec.approval.request');
}

export const approvalCalls: Calls = {
  'exec.approvals.get': async ({ client }) =>
    void (await expectOk(client, 'exec.approvals.get', {}, ApprovalsFile)),
  'exec.approvals.set': async ({ client }) => {
    const { hash, file } = await expectOk(client, 'exec.approvals.get', {}, ApprovalsFile);
    await expectOk(client, 'exec.approvals.set', { file, baseHash: hash }, ApprovalsFile);
    const stale = await client.call('exec.approvals.set', { file, baseHash: 'x'.repeat(64) });
    expect(stale).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  },
  'exec.approval.request': async (story) => {
    expect(await decided(story, async () => {}, 'allow-once')).toMatchObject({ decision: 'allow-once' });
  },
  'exec.approval.waitDecision': async (story) => {
    const { client } = story;
    let waited: Promise<unknown> | undefined;
    const outcome = await decided(
      story,
      async (id) => void (waited = client.call('exec.approval.waitDecision', { id })),
      'allow-always',
    );
    expect(await waited).toMatchObject({ ok: true, payload: outcome });
  },
  'exec.approval.resolve': async (story) => {
    const { client } = story;
    expect(await decided(story, async () => {}, 'deny')).toMatchObject({ decision: 'deny' });
    const late = await client.call('exec.approval.resolve', { id: randomUUID(), decision: 'deny' });
    expect(late).toMatchObject({ ok: false, error: { code: 'APPROVAL_NOT_FOUND' } });
    const wrong = await client.call('exec.approval.resolve', { id: randomUUID(), decision: 'maybe' });
    expect(wrong).toMatchObject({ ok: false, error: { message: 'invalid decision' } });
  },
  'exec.approval.get': async (story) =>
    void (await decided(
      story,
      async (id) => void (await expectOk(story.client, 'exec.approval.get', { id }, Record)),
      'deny',
    )),
  'exec.approval.list': async (story) =>
    void (await decided(
      story,
      async () => {
        const { payload } = await story.client.call('exec.approval.list', {});
        expectShape(v.pipe(v.array(Record), v.minLength(1)), payload, 'exec.approval.list');
      },
      'deny',
    )),
};
