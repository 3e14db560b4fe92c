/** Runs of hooks when something dies: what was answered 200 ends once, and is told once (architecture, invariant 4). */
import { describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startFor, temporaryDir } from '../../support/gateway.js';
import { postHook, runIdOf, withHooks } from '../../support/hooks.js';
import { answerJson, providerConfig, startMockProvider } from '../../support/mock-provider.js';
import { ofRun } from '../../support/run-story.js';
import { answer, runTurn } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

/** The built-in model does what such a message says, if nothing is around it. */
const mappings = [
  {
    match: { path: 'do' },
    messageTemplate: '{{payload.say}}',
    allowUnsafeExternalContent: true,
    wakeMode: 'next-heartbeat',
  },
];
const config = withHooks({ mappings }, { gateway: { workers: { count: 2 } } });

const ends = ({ frames }: ControlClient, runId: string): Frame[] =>
  frames.filter((frame) => frame.event === 'chat' && frame.payload?.state !== 'delta' && ofRun(runId)(frame));

const started = (client: ControlClient, runId: string): Promise<Frame> =>
  client.frame('start', (frame) => frame.event === 'agent' && ofRun(runId)(frame));

describe('a worker that dies', () => {
  it.for([
    ['right after the answer', false],
    ['when the run has begun', true],
  ] as const)('%s costs nothing: the run ends once', async ([, begun], test) => {
    const gateway = await startFor(test, { config });
    const client = await connectControl(gateway.wsUrl);
    const runIds = await Promise.all(
      Array.from({ length: 6 }, () => runIdOf(postHook(gateway, 'do', { say: '/wait 1500' }))),
    );
    if (begun) await Promise.all(runIds.map((runId) => started(client, runId)));
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    for (const runId of runIds)
      expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ status: 'ok' });
    for (const runId of runIds)
      expect(ends(client, runId).map(({ payload }) => payload?.state)).toEqual(['final']);
  });

  it('in the middle of an answer ends the run with an error, once', async (test) => {
    const gateway = await startFor(test, { config });
    const client = await connectControl(gateway.wsUrl);
    const runId = await runIdOf(postHook(gateway, 'do', { say: '/trickle 100 50' }));
    await client.frame('delta', (frame) => frame.event === 'chat' && ofRun(runId)(frame));
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    expect(await answer(client, 'agent.wait', { runId })).toMatchObject({
      status: 'error',
      error: 'interrupted: the worker process ended',
    });
    expect(ends(client, runId).map(({ payload }) => payload?.state)).toEqual(['error']);
  });
});

it('a gateway that is killed ends its runs when it is back, tells of them, and takes none of them again', async (test) => {
  const provider = await startMockProvider(() => {});
  test.onTestFinished(() => provider.stop());
  const config = withHooks({}, providerConfig(provider.baseUrl));
  const stateDir = temporaryDir();
  const first = await startFor(test, { stateDir, config });
  const body = { message: 'Go', name: 'Bell', idempotencyKey: 'one of a kind' };
  const runId = await runIdOf(postHook(first, 'agent', body));
  await waitFor('the run', () => provider.calls.length === 1);
  first.child.kill('SIGKILL');
  await first.exited;
  provider.behave(answerJson('Hi there'));
  const second = await startFor(test, { stateDir, config });
  const client = await connectControl(second.wsUrl);
  expect(await runIdOf(postHook(second, 'agent', body))).toBe(runId);
  const summary = 'interrupted: the gateway stopped before the run had ended';
  expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ status: 'error', error: summary });
  expect((await runTurn(client, 'what is new?', 'main')).payload?.status).toBe('ok');
  expect(provider.calls).toHaveLength(2);
  expect(JSON.stringify(provider.calls[1]?.body)).toContain(`System: Hook Bell (error): ${summary}`);
});

it('a gateway that stops lets a run finish, and takes no more', async (test) => {
  const gateway = await startFor(test, { config });
  const client = await connectControl(gateway.wsUrl);
  const runId = await runIdOf(postHook(gateway, 'do', { say: '/wait 1200' }));
  await started(client, runId);
  gateway.child.kill('SIGTERM');
  await waitFor('hooks to be refused', async () => {
    const refused = await postHook(gateway, 'do', { say: 'more' }).catch(() => undefined);
    return refused?.status === 503;
  });
  expect(await gateway.exited).toBe(0);
  expect(ends(client, runId).map(({ payload }) => payload?.state)).toEqual(['final']);
});
