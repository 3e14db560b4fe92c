/** What doctor says of the service, and what it does about it (cli.md §12, rows 13 to 15). */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { serviceHome, startable, type ServiceHome } from '../service/support.js';
import { freePort } from '../support/fake-gateway.js';

interface Row {
  readonly code: string;
  readonly section: string;
  readonly repair: string;
}

async function installed(): Promise<ServiceHome> {
  const home = serviceHome(startable({ port: await freePort() }));
  expect((await cli(['gateway', 'install'], { env: home.env })).exitCode).toBe(0);
  home.calls();
  return home;
}

async function doctor({ env }: ServiceHome, line: string, over: object = {}): Promise<Row[]> {
  const { stdout } = await cli(['doctor', '--json', ...line.split(' ').filter(Boolean)], {
    env: { ...env, ...over },
  });
  const { findings } = JSON.parse(stdout) as { findings: Row[] };
  return findings.filter(({ section }) => section === 'Gateway service config');
}

it('mends what is wrong at once, and finds nothing afterwards', async () => {
  const home = await installed();
  const unit = readFileSync(home.unitFile, 'utf8');
  const broken = unit.replace('KillMode=control-group', 'KillMode=none').replace(/^RestartSec=.*\n/m, '');
  writeFileSync(home.unitFile, broken);
  const found = ['systemd-restart-sec', 'systemd-kill-mode-process-or-none'];
  expect((await doctor(home, '')).map(({ code, repair }) => [code, repair])).toEqual(
    found.map((code) => [code, 'offered']),
  );
  expect(home.changes()).toEqual([]);
  const external = { PLLAN_SERVICE_REPAIR_POLICY: 'external' };
  expect((await doctor(home, '--fix', external)).map(({ repair }) => repair)).toEqual(['none', 'none']);
  expect(readFileSync(home.unitFile, 'utf8')).toBe(broken);
  expect((await doctor(home, '--fix')).map(({ repair }) => repair)).toEqual(['done', 'done']);
  expect(readFileSync(home.unitFile, 'utf8')).toBe(unit);
  expect(readFileSync(`${home.unitFile}.bak`, 'utf8')).toBe(broken);
  expect(home.changes().filter((line) => line.includes('restart'))).toHaveLength(1);
  expect(await doctor(home, '--fix')).toEqual([]);
});

it('replaces what may have been meant, or is of somebody else, only with --force', async () => {
  const home = await installed();
  const unit = readFileSync(home.unitFile, 'utf8');
  const serving = unit.replace(' gateway --port', ' serve --port');
  const foreign = unit
    .replace(/^Environment=PLLAN_SERVICE_MARKER.*\n/m, '')
    .replace(/--port \d+/, '--port 1');
  for (const [broken, code] of [
    [serving, 'gateway-command-missing'],
    [foreign, 'gateway-port-mismatch'],
  ] as const) {
    writeFileSync(home.unitFile, broken);
    expect(await doctor(home, '--fix')).toMatchObject([{ code, repair: 'offered' }]);
    expect(await doctor(home, '--fix --force')).toMatchObject([{ code, repair: 'done' }]);
    expect(readFileSync(home.unitFile, 'utf8')).toBe(unit);
  }
});

it('tells of a service that does not start, of a user who does not linger, and of other services', async () => {
  const home = serviceHome(startable({ port: await freePort() }));
  home.fails('loginctl', 'Interactive authentication required.', 'enable-linger');
  await cli(['gateway', 'install'], { env: home.env });
  await cli(['gateway', 'stop', '--disable'], { env: home.env });
  const other = join(dirname(home.unitFile), 'pllan-old.service');
  writeFileSync(other, '[Service]\nExecStart=/usr/bin/pllan gateway\n');
  expect(await doctor(home, '--deep')).toMatchObject([
    { code: 'service-disabled', repair: 'none' },
    { code: 'systemd-linger', repair: 'offered' },
    { code: 'service-extra', repair: 'none' },
  ]);
  expect(await doctor(home, '--fix')).toMatchObject([
    { code: 'service-disabled' },
    { code: 'systemd-linger', repair: 'failed' },
  ]);
  home.fails('loginctl', undefined);
  expect(await doctor(home, '--fix')).toMatchObject([
    { code: 'service-disabled' },
    { code: 'systemd-linger', repair: 'done' },
  ]);
  expect(home.is('linger')).toBe(true);
});
