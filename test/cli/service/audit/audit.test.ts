/** Each drift of the table (cli.md §16): found, mended by writing the definition anew, and not found again. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditService, findIssues, repairService } from '../../../../src/cli/service/audit/audit.js';
import { serviceChecks } from '../../../../src/cli/service/audit/checks.js';
import type { AuditFacts } from '../../../../src/cli/service/audit/facts.js';
import { seconds } from '../../../../src/cli/service/audit/read-settings.js';
import { parsePlist, plistText } from '../../../../src/cli/service/launchd/plist.js';
import { cli } from '../../support/cli.js';
import { serviceHome, startable, type ServiceHome } from '../support.js';

async function installed(config?: object): Promise<ServiceHome> {
  const home = serviceHome(config);
  expect((await cli(['gateway', 'install'], { env: home.env })).exitCode).toBe(0);
  return home;
}

const codesOf = (issues: readonly { readonly code: string }[] = []): string[] =>
  issues.map(({ code }) => code);

/** What somebody, or another version, has made of the unit. */
const drifts: readonly [
  code: string,
  edit: (unit: string, home: ServiceHome) => string,
  besides?: string[],
][] = [
  ['gateway-command-missing', (unit) => unit.replace(' gateway --port', ' serve --port')],
  ['gateway-entrypoint-mismatch', (unit) => unit.replace(/ \S+entry\.js /, ' /opt/old/dist/entry.js ')],
  ['gateway-port-mismatch', (unit) => unit.replace('--port 18999', '--port 18000')],
  ['gateway-config-mismatch', (unit) => withEnv(unit, 'PLLAN_STATE_DIR=/srv/other')],
  ['gateway-token-embedded', (unit, home) => withEnv(unit, `PLLAN_GATEWAY_TOKEN=${tokenOf(home)}`)],
  [
    'gateway-token-mismatch',
    (unit) => withEnv(unit, 'PLLAN_GATEWAY_TOKEN=other'),
    ['gateway-token-embedded'],
  ],
  ['gateway-password-embedded', (unit) => unit.replace('--port 18999', '--port 18999 --password x')],
  [
    'gateway-managed-env-embedded',
    (unit, home) => {
      writeFileSync(join(home.home, '.pllan/.env'), 'OPENAI_API_KEY=k\n');
      return withEnv(unit, 'OPENAI_API_KEY=k');
    },
  ],
  ['gateway-proxy-env-embedded', (unit) => withEnv(unit, 'https_proxy=http://proxy:1')],
  ['gateway-path-missing', (unit) => unit.replace(/^Environment="?PATH=.*\n/m, '')],
  ['gateway-path-missing-dirs', (unit) => unit.replace('/usr/local/bin:/usr/bin:/bin', '/usr/bin:/bin')],
  ['gateway-path-nonminimal', (unit) => unit.replace('PATH=', 'PATH=/home/u/.nvm/versions/node/v20/bin:')],
  ['gateway-runtime-bun', (unit) => unit.replace(/ExecStart=\S+/, 'ExecStart=/usr/local/bin/bun')],
  [
    'gateway-runtime-node',
    (unit, home) => unit.replace(/ExecStart=\S+/, `ExecStart=${fakeNode(join(home.home, 'old'), 'v18.1.0')}`),
  ],
  [
    'gateway-runtime-node-version-manager',
    (unit, home) =>
      unit.replace(/ExecStart=\S+/, `ExecStart=${fakeNode(join(home.home, '.nvm'), 'v22.1.0')}`),
  ],
  ['gateway-runtime-probe-failed', (unit) => unit.replace(/ExecStart=\S+/, 'ExecStart=/gone/bin/node')],
  ['gateway-service-version', (unit) => unit.replace(/(PLLAN_SERVICE_VERSION=).*/, '$10.0.9')],
  ['systemd-after-network-online', (unit) => unit.replace(/^After=.*\n/m, '')],
  ['systemd-wants-network-online', (unit) => unit.replace(/^Wants=.*\n/m, '')],
  ['systemd-restart-sec', (unit) => unit.replace(/^RestartSec=.*\n/m, '')],
  ['systemd-kill-mode-process-or-none', (unit) => unit.replace('KillMode=control-group', 'KillMode=process')],
  ['systemd-stop-timeout', (unit) => unit.replace('TimeoutStopSec=30', 'TimeoutStopSec=5')],
];

describe('a unit that is not as it is to be', () => {
  it.each(drifts)('%s', async (code, edit, besides = []) => {
    const home = await installed();
    const before = readFileSync(home.unitFile, 'utf8');
    const broken = edit(before, home);
    expect(broken).not.toBe(before);
    writeFileSync(home.unitFile, broken);
    const context = await home.open();
    const found = await auditService(context);
    expect(codesOf(found?.issues)).toEqual([...besides, code].toSorted(inTableOrder));
    expect(found?.ok).toBe(false);
    home.calls();
    const meant = found?.issues.find(({ level }) => level === 'aggressive');
    if (meant) {
      await expect(repairService(context, false)).rejects.toThrow(meant.message);
      expect(home.changes()).toEqual([]);
    }
    expect(await repairService(context, true)).toMatchObject({ rewritten: true, after: [] });
    expect(readFileSync(home.unitFile, 'utf8')).toBe(before);
    expect(readFileSync(`${home.unitFile}.bak`, 'utf8')).toBe(broken);
    expect(home.changes().slice(0, 3)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable pllan-gateway.service',
      'systemctl --user restart pllan-gateway.service',
    ]);
    expect(await auditService(context)).toEqual({ ok: true, issues: [] });
    expect(await repairService(context, false)).toMatchObject({ rewritten: false, before: [] });
  });

  it('gateway-token-drift', async () => {
    const home = await installed(startable({ auth: { mode: 'none' } }));
    writeFileSync(home.unitFile, withEnv(readFileSync(home.unitFile, 'utf8'), 'PLLAN_GATEWAY_TOKEN=x'));
    const context = await home.open();
    expect(codesOf((await auditService(context))?.issues)).toEqual([
      'gateway-token-embedded',
      'gateway-token-drift',
    ]);
    expect(await repairService(context, false)).toMatchObject({ rewritten: true, after: [] });
  });

  it('is accepted with the other settings that releases have had', async () => {
    const home = await installed();
    const unit = readFileSync(home.unitFile, 'utf8')
      .replace('KillMode=control-group', 'KillMode=mixed')
      .replace('StartLimitBurst=5', 'StartLimitBurst=10')
      .replace('StartLimitIntervalSec=60', 'StartLimitIntervalSec=300')
      .replace('TimeoutStopSec=30', 'TimeoutStopSec=1min 30s');
    writeFileSync(home.unitFile, unit);
    expect(await auditService(await home.open())).toEqual({ ok: true, issues: [] });
  });

  it('of somebody else is only replaced when that is asked for', async () => {
    const home = await installed();
    const unit = readFileSync(home.unitFile, 'utf8').replace(/^Environment=PLLAN_SERVICE_MARKER.*\n/m, '');
    writeFileSync(home.unitFile, unit.replace('--port 18999', '--port 1'));
    await expect(repairService(await home.open(), false)).rejects.toThrow('was not written by pllan');
    expect(await repairService(await home.open(), true)).toMatchObject({ rewritten: true, after: [] });
  });

  it('is nothing to look for where none is installed', async () => {
    const home = serviceHome();
    expect(await auditService(await home.open())).toBeUndefined();
    expect(await repairService(await home.open(), true)).toMatchObject({ rewritten: false });
  });
});

describe('an agent of launchd that is not as it is to be', () => {
  const definition = {
    description: 'x',
    programArguments: [process.execPath, '/opt/entry.js', 'gateway'],
    workingDirectory: '/x',
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', PLLAN_SERVICE_VERSION: '1.0.0' },
  };
  const text = plistText(definition, { label: 'ai.pllan.gateway', logFile: '/x' });
  const factsOf = (plist: string): AuditFacts => ({
    kind: 'launchd',
    installed: parsePlist(plist, '/x'),
    desired: definition,
    entry: '/opt/entry.js',
    desiredEntry: '/opt/entry.js',
    servicePort: undefined,
    serviceConfigPath: '',
    configPath: '',
    port: 1,
    configToken: undefined,
    managedVariables: [],
    runtime: undefined,
    systemNode: undefined,
    version: '1.0.0',
  });

  it('has nothing wrong as it is written', () => {
    expect(findIssues(factsOf(text))).toEqual([]);
  });

  it.each([
    ['launchd-run-at-load', 'RunAtLoad'],
    ['launchd-keep-alive', 'KeepAlive'],
  ])('%s', (code, key) => {
    const off = text.replace(`<key>${key}</key>\n  <true/>`, `<key>${key}</key>\n  <false/>`);
    const gone = text.replace(`  <key>${key}</key>\n  <true/>\n`, '');
    for (const broken of [off, gone]) expect(codesOf(findIssues(factsOf(broken)))).toEqual([code]);
  });

  it('gateway-runtime-node-system-missing takes people', () => {
    const runtime = { path: '/Users/u/.nvm/versions/node/v22/bin/node', version: '22.1.0', managed: true };
    const issues = findIssues({ ...factsOf(text), runtime });
    expect(issues).toEqual([
      {
        code: 'gateway-runtime-node-system-missing',
        level: 'recommended',
        repair: 'advice',
        message: expect.stringContaining('install node'),
      },
    ]);
  });
});

it('every code of the table has a test', () => {
  const tested = new Set([
    ...drifts.map(([code]) => code),
    'gateway-token-drift',
    'gateway-runtime-node-system-missing',
    'launchd-run-at-load',
    'launchd-keep-alive',
  ]);
  expect(codesOf(serviceChecks).toSorted()).toEqual([...tested].toSorted());
});

it.each([
  ['5', 5],
  ['5s', 5],
  ['1min 30s', 90],
  ['1500ms', 1.5],
  ['infinity', Number.POSITIVE_INFINITY],
  ['soon', undefined],
  ['', undefined],
])('a time span of systemd: %j', (text, expected) => {
  expect(seconds(text)).toBe(expected);
});

function withEnv(unit: string, assignment: string): string {
  return unit
    .replace('\n[Install]', `\nEnvironment=${assignment}\n\n[Install]`)
    .replace('\n\nEnvironment', '\nEnvironment');
}

function tokenOf({ configFile }: ServiceHome): string {
  const { gateway } = JSON.parse(readFileSync(configFile, 'utf8')) as {
    gateway: { auth: { token: string } };
  };
  return gateway.auth.token;
}

/** A program that says that it is this version of node. */
function fakeNode(dir: string, version: string): string {
  mkdirSync(join(dir, 'versions'), { recursive: true });
  const path = join(dir, 'versions', 'node');
  writeFileSync(path, `#!/bin/sh\necho ${version.slice(1)}\n`, { mode: 0o755 });
  execFileSync('chmod', ['755', path]);
  return path;
}

function inTableOrder(a: string, b: string): number {
  const codes = codesOf(serviceChecks);
  return codes.indexOf(a) - codes.indexOf(b);
}
