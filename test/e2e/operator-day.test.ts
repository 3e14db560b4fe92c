/**
 * An operator's first day, step by step as the acceptance run of operations.md §17: the real program with an empty home, the
 * ports that it has by default, and nothing in its environment. The steps build on each other.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { connectControl, connectParams, openSocket, type ControlClient } from '../support/control-client.js';
import { startEntry, type EntryProcess } from '../support/entry-process.js';
import { temporaryDir } from '../support/gateway.js';
import { standIns } from '../support/service-standins.js';
import { requestOnce } from '../support/request-once.js';
import { waitFor, within } from '../support/wait-for.js';

const home = temporaryDir();
const PORT = 18_789;
const DEV_PORT = 19_001;
const url = `http://127.0.0.1:${PORT}`;
const config = join(home, '.pllan', 'pllan.json');
const running = new Set<EntryProcess>();

afterAll(async () => {
  for (const one of running) await one.stop();
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of the machine's service manager is touched. */
const managers = standIns();

function start(...args: string[]): EntryProcess {
  const PATH = `${managers.bin}:${process.env.PATH}`;
  const started = startEntry(args, { env: { PATH, HOME: home, PLLAN_HOME: home } });
  running.add(started);
  void started.exited.then(() => running.delete(started));
  return started;
}

async function pllan(...args: string[]): Promise<Ran> {
  const started = start(...args);
  const code = await within(`pllan ${args.join(' ')}`, started.exited, 60_000);
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

async function startGateway(...args: string[]): Promise<EntryProcess> {
  const started = start('gateway', ...args);
  await started.prints(/\] ready \(/);
  return started;
}

const TOKEN = 'the-token-of-the-day';
const connect = (): Promise<ControlClient & { hello: { ok?: boolean } }> =>
  connectControl(`ws://127.0.0.1:${PORT}`, { params: { auth: { token: TOKEN } } });

async function set(path: string, value: string): Promise<void> {
  expect(await pllan('config', 'set', path, value)).toMatchObject({ code: 0 });
}

let gateway: EntryProcess;

it('1. the dev profile is set up in its own folder', async () => {
  expect((await pllan('--dev', 'setup')).code).toBe(0);
  expect(existsSync(join(home, '.pllan-dev', 'pllan.json'))).toBe(true);
  expect(existsSync(join(home, '.pllan-dev', 'workspace', 'AGENTS.md'))).toBe(true);
  expect(existsSync(join(home, '.pllan'))).toBe(false);
});

it('2. its gateway listens on 19001, and the default profile is not touched', async () => {
  const dev = start('--dev', 'gateway', '--allow-unconfigured');
  await dev.prints(new RegExp(`listening on ws://127\\.0\\.0\\.1:${DEV_PORT} `));
  await dev.prints(/\] ready \(/);
  const { code, stdout } = await pllan('--dev', 'status');
  expect(code).toBe(0);
  expect(stdout).toContain(`ws://127.0.0.1:${DEV_PORT}`);
  expect(stdout).toMatch(/reachable \d+ms/);
  expect(existsSync(join(home, '.pllan'))).toBe(false);
  expect(await dev.stop()).toBe(0);
});

it('3. a gateway on 18789 shows the healthy baseline', async () => {
  expect((await pllan('setup')).code).toBe(0);
  await set('gateway.auth.token', TOKEN);
  gateway = await startGateway('--port', String(PORT));
  const status = await pllan('gateway', 'status');
  expect(status).toMatchObject({ code: 0 });
  expect(status.stdout).toContain('Runtime: running');
  expect(status.stdout).toContain('RPC probe: ok');
  expect((await pllan('status')).stdout).toMatch(/reachable \d+ms/);
  const logs = start('logs', '--follow', '--plain');
  await logs.prints(/listening on ws:\/\/127\.0\.0\.1:18789/);
  logs.child.kill('SIGINT');
  expect([130, 0]).toContain(await within('end of logs', logs.exited));
});

it('4. a second one says who has the port; --force takes it', async () => {
  const second = await pllan(
    '--profile',
    'second',
    'gateway',
    '--port',
    String(PORT),
    '--allow-unconfigured',
  );
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain(`another gateway instance is already listening on ws://127.0.0.1:${PORT}`);
  const before = gateway;
  gateway = await startGateway('--port', String(PORT), '--force');
  expect(gateway.output()).toMatch(/force: killed pid \d+ \(.*\) on port 18789/);
  await within('end of the first', before.exited);
});

it('5. a LAN without a secret is refused before anything is open', async () => {
  const env = ['--profile', 'open', 'gateway', '--port', '18790', '--bind', 'lan', '--auth', 'token'];
  const run = await pllan(...env, '--allow-unconfigured');
  expect(run.code).toBe(78);
  expect(run.stderr).toMatch(/refusing to bind gateway to \S+:18790 without auth/);
  await expect(requestOnce('http://127.0.0.1:18790/healthz')).rejects.toThrow(/ECONNREFUSED/);
});

it('6. edits: a hot key is applied, garbage is skipped, a port is ignored in hot mode and restarts in hybrid', async () => {
  await set('hooks', JSON.stringify({ enabled: true, token: 'the-token-of-hooks' }));
  await gateway.prints(/config hot reload applied \(hooks/);
  const good = readFileSync(config, 'utf8');
  writeFileSync(config, '{ gateway: ');
  await waitFor('the edit to be skipped', () =>
    /config reload skipped \(invalid config\)/.test(gateway.output()),
  );
  expect((await connect()).hello.ok).toBe(true);
  writeFileSync(config, good);

  await set('gateway.reload.mode', 'hot');
  await set('gateway.port', '18791');
  await waitFor('the port to be ignored', () => /ignoring in hot mode/.test(gateway.output()));
  await set('gateway.port', String(PORT));
  await set('gateway.reload.mode', 'hybrid');
  const starts = (): number => gateway.output().match(/\] ready \(/g)?.length ?? 0;
  const before = starts();
  await set('gateway.controlUi.basePath', '/panel');
  await waitFor('the restart', () => starts() > before);
  expect(gateway.output()).toContain('config change requires gateway restart (gateway.controlUi.basePath)');
});

it('7. a config for a gateway elsewhere starts none here', async () => {
  mkdirSync(join(home, '.pllan-far'), { mode: 0o700 });
  writeFileSync(join(home, '.pllan-far', 'pllan.json'), '{ gateway: { mode: "remote" } }', { mode: 0o600 });
  const run = await pllan('--profile', 'far', 'gateway', '--port', '18792');
  expect(run.code).toBe(78);
  expect(run.stderr).toContain('Gateway start blocked: set gateway.mode=local (current: remote)');
});

it('8. a client: challenge, hello-ok, health, a run in two stages; a wrong token is unauthorized', async () => {
  const client = await connect();
  expect(client.hello).toMatchObject({
    ok: true,
    payload: { type: 'hello-ok', snapshot: { presence: expect.any(Array), health: { ok: true } } },
  });
  expect(await client.call('health')).toMatchObject({ ok: true, payload: { ok: true } });
  client.send({
    type: 'req',
    id: 'turn',
    method: 'agent',
    params: { message: 'good morning', agentId: 'main', idempotencyKey: 'day-1' },
  });
  const isAnswer = (status: string) => (frame: { id?: string; payload?: { status?: unknown } }) =>
    frame.id === 'turn' && frame.payload?.status === status;
  const accepted = await client.frame('accepted', isAnswer('accepted'));
  const end = await client.frame('the end', isAnswer('ok'));
  const events = client.frames.filter(({ event }) => event === 'agent');
  expect(events.length).toBeGreaterThan(0);
  const places = [accepted, events[0], end].map((frame) => client.frames.indexOf(frame as never));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  await client.close();

  const stranger = await openSocket(`ws://127.0.0.1:${PORT}`);
  stranger.send({
    type: 'req',
    id: 'c',
    method: 'connect',
    params: connectParams({ auth: { token: 'wrong' } }),
  });
  const refused = await stranger.frame('the refusal', ({ id }) => id === 'c');
  expect(refused.error?.message).toMatch(/^unauthorized/);
  expect(await within('close', stranger.closed)).toMatchObject({ code: 1008 });
});

it('9. the HTTP APIs and a hook answer on the same port', async () => {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const post = (path: string, body: unknown, more: object = {}) =>
    requestOnce(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: JSON.stringify(body),
    });
  expect((await requestOnce(`${url}/v1/models`, { headers })).status).toBe(200);
  const messages = [{ role: 'user', content: 'say it again' }];
  expect(JSON.parse((await post('/v1/chat/completions', { model: 'pllan', messages })).body)).toMatchObject({
    choices: [{ message: { role: 'assistant', content: expect.stringContaining('say it again') } }],
  });
  const streamed = await post('/v1/chat/completions', { model: 'pllan', messages, stream: true });
  expect(streamed.body.trimEnd().endsWith('data: [DONE]')).toBe(true);
  expect((await post('/v1/responses', { model: 'pllan', input: 'hello' })).status).toBe(200);
  expect((await post('/tools/invoke', { tool: 'sessions_list', args: {} })).status).toBe(200);
  const hook = await post('/hooks/wake', { text: 'wake up' }, { authorization: 'Bearer the-token-of-hooks' });
  expect(hook.status).toBe(200);
});

it('10. secrets are audited; a reload with a broken reference keeps the values', async () => {
  const audit = await pllan('secrets', 'audit', '--json');
  expect(JSON.parse(audit.stdout)).toMatchObject({ status: 'findings', summary: { plaintextCount: 1 } });
  expect(audit.stdout).not.toContain(TOKEN);
  const secret = join(home, 'token.txt');
  writeFileSync(secret, TOKEN, { mode: 0o600 });
  const provider = { source: 'file', path: secret, mode: 'singleValue' };
  await set('secrets.providers.kept', JSON.stringify(provider));
  await set('gateway.auth.token', JSON.stringify({ source: 'file', provider: 'kept', id: 'value' }));
  expect(JSON.parse((await pllan('secrets', 'audit', '--json')).stdout)).toMatchObject({ status: 'clean' });
  await waitFor('the edit to count', () => /reload applied \(gateway\.auth\.token/.test(gateway.output()));

  writeFileSync(secret, '', { mode: 0o600 });
  // What the command line reads for itself is broken as well.
  expect((await pllan('secrets', 'reload', '--token', TOKEN)).code).toBe(1);
  expect(gateway.output()).toContain('[SECRETS_RELOADER_DEGRADED]');
  expect((await connect()).hello.ok).toBe(true);
});

it('11. SIGTERM: the event, 1012, exit 0', async () => {
  const client = await connect();
  gateway.child.kill('SIGTERM');
  await client.frame('shutdown', ({ event }) => event === 'shutdown');
  expect(await within('close', client.closed)).toEqual({ code: 1012, reason: 'service restart' });
  expect(await within('exit', gateway.exited)).toBe(0);
});

it('12. the service of each profile has its own name; doctor finds a port that was changed in it, and mends it', async () => {
  const units = join(home, '.config/systemd/user');
  const unit = join(units, 'pllan-gateway.service');
  writeFileSync(join(home, 'token.txt'), TOKEN, { mode: 0o600 });
  expect(await pllan('gateway', 'install')).toMatchObject({ code: 0 });
  expect(await pllan('--dev', 'gateway', 'install')).toMatchObject({ code: 0 });
  expect(readdirSync(units).toSorted()).toEqual(['pllan-gateway-dev.service', 'pllan-gateway.service']);
  const written = readFileSync(unit, 'utf8');
  expect(written).toContain(`gateway --port ${PORT}\n`);
  expect(written).not.toContain(TOKEN);

  writeFileSync(unit, written.replace(`--port ${PORT}`, '--port 18000'));
  const finding = { code: 'gateway-port-mismatch', section: 'Gateway service config' };
  const services = async (...flags: string[]): Promise<unknown[]> => {
    const { stdout } = await pllan('doctor', '--json', ...flags);
    const { findings } = JSON.parse(stdout) as { findings: { section: string }[] };
    return findings.filter(({ section }) => section === finding.section);
  };
  expect(await services()).toMatchObject([finding]);
  expect((await pllan('doctor', '--fix', '--non-interactive')).stdout).toContain('Written anew');
  expect(readFileSync(unit, 'utf8')).toBe(written);
  expect(await services()).toEqual([]);
});
