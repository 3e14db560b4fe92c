/** The exec tool through a running gateway: what runs, what may run, and that nothing outlives anything. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, temporaryDir, TOKEN, type TestGateway } from '../../support/gateway.js';
import { answer } from '../../support/session-calls.js';
import { asked, exec, postInvoke, withExec } from '../../support/tool-calls.js';
import { waitFor } from '../../support/wait-for.js';

interface Place {
  readonly gateway: TestGateway;
  readonly client: ControlClient;
  readonly workspace: string;
}

async function start(
  approvals: object,
  config: object = {},
  env: Record<string, string> = {},
): Promise<Place> {
  const [stateDir, workspace] = [temporaryDir(), temporaryDir()];
  writeFileSync(join(stateDir, 'exec-approvals.json'), JSON.stringify({ version: 1, ...approvals }));
  const gateway = await startGateway({ stateDir, config: withExec(workspace, config), env });
  return { gateway, workspace, client: await connectControl(gateway.wsUrl) };
}

async function startFor(test: TestContext, ...how: Parameters<typeof start>): Promise<Place> {
  const place = await start(...how);
  test.onTestFinished(async () => void (await place.gateway.stop()));
  return place;
}

const full = { defaults: { security: 'full', ask: 'off' } };

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; nobody may be there to take notice.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const pidIn = (path: string): Promise<number> =>
  waitFor('a pid', () => existsSync(path) && Number(readFileSync(path, 'utf8')));
/** A stop waits for what is running, for a while. */
const gone = (pid: number): Promise<unknown> => waitFor('the end of a process', () => !isAlive(pid), 40_000);

describe('with security full', () => {
  let place: Place;
  beforeAll(async () => {
    place = await start(
      full,
      { passEnv: ['PASSED', 'PLLAN_NEVER'] },
      {
        PASSED: 'yes',
        OPENAI_API_KEY: 'sk-secret',
        PLLAN_NEVER: 'no',
      },
    );
  });
  afterAll(() => place.gateway.stop());

  it('gives output of both streams and the exit code', async () => {
    const { text, details } = await exec(place.client, { command: 'echo out; echo err >&2; exit 3' });
    expect(text).toMatch(/out\n/);
    expect(text).toMatch(/err\n/);
    expect(text).toMatch(/\[exit code 3\]$/);
    expect(details).toMatchObject({ exitCode: 3, signal: null, timedOut: false, omittedBytes: 0 });
  });

  it('a signal that ended it is told', async () => {
    expect((await exec(place.client, { command: 'kill -9 $$' })).details).toMatchObject({
      signal: 'SIGKILL',
    });
  });

  it('sees of the environment what it may, and has no input', async () => {
    const { text } = await exec(place.client, { command: 'env; cat', env: { OWN: 'mine' } });
    expect(text).toContain('PASSED=yes');
    expect(text).toContain('OWN=mine');
    expect(text).toMatch(/^PATH=/m);
    expect(text).toMatch(/^PLLAN_SHELL=exec$/m);
    expect(text).not.toMatch(/PLLAN(?!_SHELL)|OPENAI|NODE_|sk-secret/);
  });

  it('runs in the workspace, and nowhere else to begin with', async () => {
    mkdirSync(join(place.workspace, 'sub'));
    expect((await exec(place.client, { command: 'pwd' })).text).toContain(place.workspace);
    expect((await exec(place.client, { command: 'pwd', cwd: 'sub' })).text).toContain('/sub');
    for (const cwd of ['..', '/', '/etc', 'sub/../..', 'missing']) {
      const { payload } = await place.client.call('tools.invoke', {
        name: 'exec',
        args: { command: 'pwd', cwd },
      });
      expect(payload).toMatchObject({ ok: false, error: { code: 'tool_error' } });
    }
  });

  it('keeps the beginning and the end of what is too much', async () => {
    const command = 'echo first; yes é | head -c 5000000; echo; echo last';
    const { text, details } = await exec(place.client, { command });
    expect(text.length).toBeLessThan(70_000);
    expect(text).toMatch(/^first\n/);
    expect(text).toMatch(/last\n\[exit code 0\]$/);
    expect(text).toMatch(/\[… \d+ bytes left out …\]/);
    expect(text).not.toContain('\uFFFD');
    expect(Number(details.bytes)).toBeGreaterThan(5_000_000);
  });

  it('is ended when its time is over, also when it does not want to', async () => {
    const kind = await exec(place.client, { command: 'echo began; sleep 60', timeoutMs: 300 });
    expect(kind.text).toMatch(/^began\n\[timed out after \d+ ms, ended by SIGTERM\]$/);
    const stubborn = await exec(place.client, {
      command: "trap '' TERM; while :; do sleep 0.1; done",
      timeoutMs: 300,
    });
    expect(stubborn.details).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
  });

  it('leaves nothing running in the background', async () => {
    const path = join(place.workspace, 'background');
    await exec(place.client, { command: `sleep 60 & echo $! > ${path}` });
    await gone(await pidIn(path));
  });

  it('says what is wrong with a call', async () => {
    for (const args of [
      {},
      { command: '' },
      { command: 'x', more: 1 },
      { command: 'x', env: { 'a b': '1' } },
    ]) {
      const { payload } = await place.client.call('tools.invoke', { name: 'exec', args });
      expect(payload).toMatchObject({ ok: false, error: { code: 'tool_error' } });
    }
    expect((await exec(place.client, { command: 'no-such-program-here' })).details).toMatchObject({
      exitCode: 127,
    });
  });
});

describe('nothing outlives', () => {
  it.each(['worker', 'gateway', 'gateway, asked to stop'])(
    'the %s',
    async (what) => {
      const { gateway, workspace, client } = await start(full);
      const [worker = 0] = gateway.workers();
      const path = join(workspace, 'pid');
      client.send({
        type: 'req',
        id: 'x',
        method: 'tools.invoke',
        params: { name: 'exec', args: { command: `echo $$ > ${path}; sleep 600` } },
      });
      const pid = await pidIn(path);
      if (what === 'worker') process.kill(worker, 'SIGKILL');
      else gateway.child.kill(what === 'gateway' ? 'SIGKILL' : 'SIGTERM');
      await gone(pid);
      await gateway.stop();
    },
    60_000,
  );

  it('a client over HTTP that goes away', async (test) => {
    const { gateway, workspace } = await startFor(test, full);
    const path = join(workspace, 'pid');
    const leaving = new AbortController();
    const call = fetch(`${gateway.url}/tools/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ tool: 'exec', args: { command: `echo $$ > ${path}; sleep 600` } }),
      signal: leaving.signal,
    }).catch(() => {});
    const pid = await pidIn(path);
    leaving.abort();
    await call;
    await gone(pid);
  });
});

describe('somebody is asked', () => {
  it('and says yes once, no, or always', async (test) => {
    const { gateway, client } = await startFor(test, {});
    const decide = async (command: string, decision: string): Promise<unknown> => {
      const { payload } = await asked(client, command);
      expect(payload).toMatchObject({
        request: { command, host: 'gateway', agentId: 'main', security: 'allowlist' },
      });
      return answer(client, 'exec.approval.resolve', { id: payload?.id, decision });
    };
    const once = exec(client, { command: 'echo once' });
    await decide('echo once', 'allow-once');
    expect((await once).text).toContain('once');

    const denied = postInvoke(gateway, { tool: 'exec', args: { command: 'echo denied' } });
    await decide('echo denied', 'deny');
    const { status, body } = await denied;
    expect([status, body]).toEqual([
      403,
      { ok: false, error: { type: 'tool_call_blocked', message: 'the command was denied' } },
    ]);

    const always = exec(client, { command: 'echo always' });
    await decide('echo always', 'allow-always');
    await always;
    const { file } = (await answer(client, 'exec.approvals.get', {})) as {
      file: { agents: { main: { allowlist: { pattern: string }[] } } };
    };
    expect(file.agents.main.allowlist).toEqual([{ pattern: expect.stringMatching(/\/echo$/) }]);
    expect((await exec(client, { command: 'echo unasked' })).text).toContain('unasked');
    for (const command of ['echo a; echo b', 'echo $(id)', 'X=1 echo a', 'echo a > x']) {
      const sneaky = client.call('tools.invoke', { name: 'exec', args: { command } });
      await decide(command, 'deny');
      expect((await sneaky).payload).toMatchObject({ ok: false, error: { code: 'tool_call_blocked' } });
    }
    const withEnv = client.call('tools.invoke', {
      name: 'exec',
      args: { command: 'echo env', env: { LD_PRELOAD: '/tmp/x.so' } },
    });
    const { payload } = await asked(client, 'echo env');
    expect(payload).toMatchObject({ request: { env: { LD_PRELOAD: '/tmp/x.so' }, resolvedPath: null } });
    await answer(client, 'exec.approval.resolve', { id: payload?.id, decision: 'deny' });
    expect((await withEnv).payload).toMatchObject({ ok: false });
  });

  it('and what runs everything is not allowed for good', async (test) => {
    const { client } = await startFor(test, {});
    const running = exec(client, { command: "sh -c 'echo hi'" });
    const { payload } = await asked(client, "sh -c 'echo hi'");
    await answer(client, 'exec.approval.resolve', { id: payload?.id, decision: 'allow-always' });
    expect((await running).text).toContain('hi');
    expect(await answer(client, 'exec.approvals.get', {})).toMatchObject({
      exists: true,
      file: { agents: {} },
    });
  });

  it('and nobody answers, or the caller goes: it does not run', async (test) => {
    const { gateway, client } = await startFor(test, {}, {}, { PLLAN_TEST_APPROVAL_WAIT_MS: '200' });
    const late = await client.call('tools.invoke', { name: 'exec', args: { command: 'echo late' } });
    expect(late.payload).toMatchObject({
      ok: false,
      error: { code: 'tool_call_blocked', message: 'nobody approved the command in time' },
    });
    expect(gateway.logLines().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('and the worker that asked dies: the approval is withdrawn', async (test) => {
    const { gateway, client } = await startFor(test, {});
    const [worker = 0] = gateway.workers();
    const running = client.call('tools.invoke', { name: 'exec', args: { command: 'echo lost' } });
    const { payload } = await asked(client, 'echo lost');
    process.kill(worker, 'SIGKILL');
    expect((await running).error).toMatchObject({ details: { code: 'WORKER_LOST' } });
    const resolved = await client.frame('a resolution', ({ event }) => event === 'exec.approval.resolved');
    expect(resolved.payload).toMatchObject({ id: payload?.id, decision: null });
  });
});

it.each([
  [{ defaults: { security: 'deny' } }, 'commands are not allowed (security: deny)'],
  [{ defaults: { ask: 'off' } }, 'the command is not on the allowlist, and nobody is asked (ask: off)'],
  [{ agents: 7 }, 'exec-approvals.json is not valid: at /agents: must be object'],
])('does not run: %j', async (approvals, why) => {
  const { gateway, client } = await start(approvals);
  const { payload } = await client.call('tools.invoke', { name: 'exec', args: { command: 'ls' } });
  expect(payload).toMatchObject({ ok: false, error: { code: 'tool_call_blocked', message: why } });
  await gateway.stop();
});
