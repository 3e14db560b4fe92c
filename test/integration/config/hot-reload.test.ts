/** Edits of the config file while the gateway runs (config.md §12). */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cli, type CliRun } from '../../cli/support/cli.js';
import { chatRequest } from '../../support/gateway.js';
import { startLiveConfig, type Config, type LiveConfig } from '../../support/live-config.js';
import { scrape } from '../../support/metrics.js';
import { waitFor } from '../../support/wait-for.js';

let live: LiveConfig;
/** So that no two configs of this file are the same. */
let number = 0;
beforeAll(async () => void (live = await startLiveConfig()));
afterAll(() => live.stop());
beforeEach(() => void (number += 1));

const named = (name: string): object => ({ list: [{ id: 'main', name }] });
const agentName = async (): Promise<unknown> =>
  (await live.client.call('agent.identity.get', {})).payload?.name;
const reloads = async (): Promise<number> =>
  (await scrape(live.gateway.url)).total('pllan_config_reload_total', { result: 'applied' });
const put = (path: string, text: string): void => {
  writeFileSync(`${path}.saved`, text);
  renameSync(`${path}.saved`, path);
};

describe('a change on the command line', () => {
  const config = (...argv: string[]): Promise<CliRun> => {
    const { stateDir } = live.gateway;
    return cli(['config', ...argv], { env: { PLLAN_HOME: stateDir, PLLAN_STATE_DIR: stateDir } });
  };

  it('is done when it counts', async () => {
    await live.apply({ agents: named('Before') });
    const { stdout, stderr } = await config('set', 'agents.list[0].name', 'Set');
    expect([stdout, stderr]).toEqual(['Updated agents.list. The change is hot-applied.\n', '']);
    expect(await agentName()).toBe('Set');
  });

  it('that the gateway cannot run with is said to be none, and why', async () => {
    await live.apply({ agents: named('Hooks') });
    const { exitCode, stdout, stderr } = await config('set', 'hooks.enabled', 'true');
    expect([exitCode, stdout]).toEqual([0, 'Updated hooks.enabled. It is not applied.\n']);
    expect(stderr).toBe('The gateway that runs keeps what it had: hooks.enabled requires hooks.token\n');
    const { payload } = await live.client.call('config.get');
    expect(payload?.lastReload).toEqual({
      revision: payload?.configRevisionHash,
      outcome: 'rejected',
      why: 'hooks.enabled requires hooks.token',
    });
    expect(JSON.parse((await config('unset', 'hooks.enabled', '--json')).stdout)).toMatchObject({
      gateway: { outcome: 'applied' },
    });
  });
});

describe('an edit counts that', () => {
  it('renames a new file over the old one', async () => {
    await live.apply({ agents: named('Renamed') }, 'rename');
    expect(await agentName()).toBe('Renamed');
    await live.says('config change applied (dynamic reads: agents.list)');
  });

  it('writes the file in place', async () => {
    await live.apply({ agents: named('In place') }, 'truncate');
    expect(await agentName()).toBe('In place');
  });

  it('is made in a file that is included', async () => {
    const file = join(live.gateway.stateDir, 'agents.json');
    put(file, JSON.stringify(named('Included')));
    await live.apply({ agents: { $include: './agents.json' } });
    expect(await agentName()).toBe('Included');
    put(file, JSON.stringify(named('Included, and edited')));
    await waitFor('the edit', async () => (await agentName()) === 'Included, and edited');
    await live.apply({ agents: named('No longer included') });
  });

  it('names a variable whose .env file has changed', async () => {
    const file = join(live.gateway.stateDir, '.env');
    writeFileSync(file, 'AGENT_NAME=first\n');
    await live.apply({ agents: named('${AGENT_NAME}') });
    expect(await agentName()).toBe('first');
    writeFileSync(file, 'AGENT_NAME=second\n');
    // Nobody watches that file; but with the next look at the config it counts, whatever else is the same.
    live.write({ agents: named('${AGENT_NAME}') });
    await waitFor('the variable', async () => (await agentName()) === 'second');
  });

  it('is the last of several that come together', async () => {
    const before = await reloads();
    live.write({ agents: named('One of two') });
    await live.apply({ agents: named('Two of two') });
    expect(await agentName()).toBe('Two of two');
    expect(await reloads()).toBe(before + 1);
  });

  it('a client makes, once and at once', async () => {
    await live.apply({ agents: named('Before') });
    const { hash } = (await live.client.call('config.get')).payload ?? {};
    const before = await reloads();
    const raw = JSON.stringify({ agents: named('Patched') });
    const { payload } = await live.client.call('config.patch', {
      raw,
      baseHash: hash,
      replacePaths: ['agents.list'],
    });
    expect(payload).toMatchObject({ ok: true, restart: null, pending: [] });
    expect(await agentName()).toBe('Patched');
    const got = (await live.client.call('config.get')).payload;
    expect(got?.appliedConfigHash).toBe(got?.configRevisionHash);
    // Another edit comes after the echo of the first one.
    await live.apply({ agents: named('After') });
    expect(await reloads()).toBe(before + 2);
    const told = live.client.frames.filter(
      ({ event, payload: of }) => event === 'config.changed' && of?.hash === payload?.hash,
    );
    expect(told).toHaveLength(1);
  });
});

describe('an edit counts for nothing that', () => {
  beforeEach(() => live.apply({ agents: named(`Before ${number}`) }));

  it('is no config', async () => {
    live.write({ agents: named('Broken'), nonsense: number });
    await live.says('config reload skipped (invalid config): nonsense:');
    expect(await agentName()).toBe(`Before ${number}`);
    await live.apply({ agents: named('Mended') });
    expect(await agentName()).toBe('Mended');
  });

  it('only says again what there is', async () => {
    const before = await reloads();
    live.write({ agents: named(`Before ${number}`) });
    await live.apply({ agents: named('Another') });
    expect(await reloads()).toBe(before + 1);
  });

  it('takes the file away, which may come back', async () => {
    rmSync(live.path);
    await live.says('config reload skipped (config file not found)');
    expect(await agentName()).toBe(`Before ${number}`);
    await live.apply({ agents: named('Back') });
    expect(await agentName()).toBe('Back');
  });

  it('would have kept the gateway from starting', async () => {
    live.write({ gateway: { auth: { mode: 'trusted-proxy' } } });
    await live.says(
      'config reload rejected: gateway auth mode=trusted-proxy requires gateway.trustedProxies',
    );
    expect(await agentName()).toBe(`Before ${number}`);
    const { payload } = await live.client.call('config.get');
    expect(payload?.appliedConfigHash).not.toBe(payload?.configRevisionHash);
    const answer = await fetch(`${live.gateway.url}/v1/chat/completions`, chatRequest({ content: 'x' }));
    expect(answer.status).toBe(200);
  });

  it('names a model of nobody', async () => {
    live.write({ agents: { defaults: { model: 'nobody/x' } } });
    await live.says('config reload rejected: model nobody/x: there is no models.providers.nobody');
    expect(await agentName()).toBe(`Before ${number}`);
  });
});

it('a secret that is missing keeps the config before, until it is there', async () => {
  const { gateway, path } = live;
  const secrets = join(gateway.stateDir, 'secrets.json');
  writeFileSync(secrets, '{}', { mode: 0o600 });
  const provider = (name: string): Config => ({
    agents: named(name),
    secrets: { providers: { main: { source: 'file', path: secrets } } },
    models: {
      providers: {
        other: {
          baseUrl: 'http://127.0.0.1:9/v1',
          apiKey: { source: 'file', provider: 'main', id: '/key' },
          models: [{ id: 'm' }],
        },
      },
    },
  });
  await live.apply({ agents: named('Without') });
  live.write(provider('With'));
  await live.says('config reload rejected: models.providers.other.apiKey:');
  expect(await agentName()).toBe('Without');
  expect((await live.client.call('status')).payload?.degradedSecretOwners).toMatchObject([
    { ownerKind: 'model-provider', ownerId: 'other', state: 'cold' },
  ]);
  const before = gateway.logLines().length;
  writeFileSync(secrets, '{"key":"the-key-of-the-other"}', { mode: 0o600 });
  expect(await live.client.call('secrets.reload', {})).toMatchObject({ ok: true });
  await waitFor('the new config', async () => (await agentName()) === 'With');
  expect((await live.client.call('status')).payload?.degradedSecretOwners).toEqual([]);
  const signals = gateway.logLines().filter(({ event }) => event === 'secrets.signal');
  expect(signals.map(({ message }) => String(message).split(' ')[0])).toEqual([
    '[SECRETS_RELOADER_DEGRADED]',
    '[SECRETS_RELOADER_RECOVERED]',
  ]);
  expect(JSON.stringify(gateway.logLines().slice(before))).not.toContain('the-key-of-the-other');
  const applied = createHash('sha256').update(readFileSync(path)).digest('hex');
  expect((await live.client.call('config.get')).payload).toMatchObject({ appliedConfigHash: applied });
});

it('what a client writes needs its secrets before it is written', async () => {
  await live.apply({ agents: named('Unwritten') });
  const before = readFileSync(live.path, 'utf8');
  const write = async (variable: string) => {
    const { hash } = (await live.client.call('config.get')).payload ?? {};
    const provider = {
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKey: { source: 'env', provider: 'default', id: variable },
      models: [{ id: 'm' }],
    };
    const raw = JSON.stringify({ models: { providers: { other: provider } } });
    return live.client.call('config.patch', { raw, baseHash: hash });
  };
  expect((await write('NO_SUCH_VARIABLE')).error).toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringMatching(
      /^invalid config: active SecretRef resolution failed \(models\.providers\.other\.apiKey: .*\)$/,
    ),
  });
  expect(readFileSync(live.path, 'utf8')).toBe(before);
  writeFileSync(join(live.gateway.stateDir, '.env'), 'SUCH_A_VARIABLE=the-key-in-a-variable\n');
  expect(await write('SUCH_A_VARIABLE')).toMatchObject({ ok: true, payload: { pending: [] } });
  expect(readFileSync(live.path, 'utf8')).toContain('SUCH_A_VARIABLE');
});

it('a reload and a reload of secrets come one after the other', async () => {
  const applied = live.apply({ agents: named('Beside') });
  const reloads = Array.from({ length: 4 }, () => live.client.call('secrets.reload', {}));
  expect((await Promise.all(reloads)).every(({ ok }) => ok)).toBe(true);
  await applied;
  await live.client.call('secrets.reload', {});
  expect(await agentName()).toBe('Beside');
});

it('the config that was applied last is kept as the last good one', async () => {
  await live.apply({ agents: named('Good') });
  const kept = (): string => readFileSync(`${live.path}.last-good`, 'utf8');
  await waitFor('the copy', () => kept() === readFileSync(live.path, 'utf8'));
});

it('what comes of reloads is counted', async () => {
  const { total } = await scrape(live.gateway.url);
  for (const result of ['applied', 'invalid', 'rejected'])
    expect(total('pllan_config_reload_total', { result })).toBeGreaterThan(0);
  expect(total('pllan_secrets_reload_total', { result: 'ok' })).toBeGreaterThan(0);
});
