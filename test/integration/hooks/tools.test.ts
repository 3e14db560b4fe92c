/** Tools that are the owner's alone are not for what web hooks bring, whatever session it goes to (docs/hooks.md). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startFor, temporaryDir } from '../../support/gateway.js';
import { postHook, runIdOf, withHooks } from '../../support/hooks.js';
import { answer, runTurn } from '../../support/session-calls.js';
import { withExec } from '../../support/tool-calls.js';
import { call, rowsOf } from '../../support/tool-story.js';

it.for(['main', 'inbox', 'hook:x'])('a hook runs no commands in session %s', async (sessionKey, test) => {
  const stateDir = temporaryDir();
  const approvals = { version: 1, defaults: { security: 'full', ask: 'off' } };
  writeFileSync(join(stateDir, 'exec-approvals.json'), JSON.stringify(approvals));
  const config = withHooks(
    { allowRequestSessionKey: true },
    {
      ...withExec(temporaryDir()),
      tools: { allow: ['exec', 'group:test'] },
    },
  );
  const gateway = await startFor(test, { stateDir, config });
  const client = await connectControl(gateway.wsUrl);
  const message = call('exec', { command: 'echo it-has-run' });
  const results = async (): Promise<string> =>
    JSON.stringify((await rowsOf(client, sessionKey)).filter(({ role }) => role === 'toolResult'));
  const runId = await runIdOf(postHook(gateway, 'agent', { message, sessionKey }));
  await answer(client, 'agent.wait', { runId });
  expect(await results()).toContain('Tool not available: exec');
  expect(await results()).not.toContain('it-has-run');
  // In the same session the owner may, where it is one of the owner's.
  await runTurn(client, message, sessionKey);
  expect((await results()).includes('it-has-run')).toBe(sessionKey !== 'hook:x');
});

it('a hook in the main session is told of no other', async (test) => {
  const gateway = await startFor(test, { config: withHooks({ defaultSessionKey: 'main' }) });
  const client = await connectControl(gateway.wsUrl);
  await runTurn(client, 'a secret', 'notes');
  const message = call('sessions_history', { sessionKey: 'notes' });
  const results = async (): Promise<string> =>
    JSON.stringify((await rowsOf(client, 'main')).filter(({ role }) => role === 'toolResult'));
  const runId = await runIdOf(postHook(gateway, 'agent', { message }));
  await answer(client, 'agent.wait', { runId });
  expect(await results()).toContain('session not found: notes');
  expect(await results()).not.toContain('a secret');
  await runTurn(client, message, 'main');
  expect(await results()).toContain('a secret');
});
