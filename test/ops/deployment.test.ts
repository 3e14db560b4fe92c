/** Units, agents, container and Kubernetes files: well-formed, without a secret, and fit for how a gateway starts and stops. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findIssues } from '../../src/cli/service/audit/audit.js';
import type { AuditFacts } from '../../src/cli/service/audit/facts.js';
import type { InstalledService } from '../../src/cli/service/definition.js';
import { parsePlist, plistText } from '../../src/cli/service/launchd/plist.js';
import { parseUnit, unitText } from '../../src/cli/service/systemd/unit-file.js';
import { parseConfig } from '../../src/shared/config/load.js';
import { probePaths } from '../../src/shared/http/primary-paths.js';
import { shutdownLimits } from '../../src/shared/limits.js';
import { VERSION } from '../../src/shared/version.js';
import { needProgram } from '../support/debian.js';

const ops = new URL('../../ops/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, ops), 'utf8');

function issuesOf(kind: AuditFacts['kind'], installed: InstalledService): readonly string[] {
  const desired = {
    description: '',
    programArguments: installed.programArguments,
    workingDirectory: '',
    environment: installed.environment,
  };
  const entry = installed.programArguments[1];
  const facts: AuditFacts = {
    kind,
    installed,
    desired,
    entry,
    desiredEntry: entry ?? '',
    servicePort: 18_789,
    serviceConfigPath: '',
    configPath: '',
    port: 18_789,
    configToken: undefined,
    managedVariables: [],
    runtime: undefined,
    systemNode: undefined,
    version: VERSION,
  };
  return findIssues(facts).map(({ code }) => code);
}

describe('units of systemd', () => {
  it.each([
    ['user', undefined],
    ['system', 'pllan'],
  ])('that of the %s is as `gateway install` writes it, and passes the audit', (scope, user) => {
    const text = read(`systemd/${scope}/pllan-gateway.service`);
    const unit = parseUnit(text, '', '/home/u');
    const { programArguments, environment, workingDirectory = '' } = unit;
    const definition = { description: 'pllan Gateway', programArguments, workingDirectory, environment };
    const written = parseUnit(unitText(definition, { user }), '', '/home/u');
    for (const [name, values] of written.settings)
      if (!['WorkingDirectory', 'Environment'].includes(name))
        expect([name, unit.settings.get(name)]).toEqual([name, values]);
    expect(issuesOf('systemd', unit)).toEqual([]);
  });

  it('pass systemd-analyze verify', () => {
    needProgram('systemd-analyze', 'systemd');
    const dir = mkdtempSync(join(tmpdir(), 'pllan-units-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    for (const scope of ['user', 'system']) {
      // The program must be there to be verified, and the user.
      const text = read(`systemd/${scope}/pllan-gateway.service`)
        .replace('/usr/bin/node', process.execPath)
        .replace('User=pllan', 'User=root');
      const file = join(dir, `${scope}.service`);
      writeFileSync(file, text);
      const args = ['verify', '--man=no', ...(scope === 'user' ? ['--user'] : []), file];
      const env = { ...process.env, XDG_RUNTIME_DIR: dir };
      expect(execFileSync('systemd-analyze', args, { encoding: 'utf8', env, stdio: 'pipe' })).toBe('');
    }
  });
});

it('the agent of launchd is as `gateway install` writes it, and passes the audit', () => {
  const agent = parsePlist(read('launchd/ai.pllan.gateway.plist'), '');
  const { programArguments, environment, workingDirectory = '' } = agent;
  const logFile = '/Users/me/Library/Logs/pllan/gateway.log';
  const written = plistText(
    { description: 'pllan Gateway', programArguments, workingDirectory, environment },
    { label: 'ai.pllan.gateway', logFile },
  );
  expect(agent).toEqual(parsePlist(written, ''));
  expect(issuesOf('launchd', agent)).toEqual([]);
});

describe('the container file', () => {
  const lines = read('container/Containerfile')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const all = (name: string): string[] =>
    last.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());

  it('has an init that takes notice of orphans, a user without rights, a health check and a port', () => {
    expect(JSON.parse(all('ENTRYPOINT')[0] ?? '')).toEqual([
      'tini',
      '--',
      'node',
      '/opt/pllan/dist/entry.js',
    ]);
    expect(JSON.parse(all('CMD')[0] ?? '')).toEqual(['gateway', '--bind', 'lan', '--allow-unconfigured']);
    expect(Number(all('USER')[0])).toBeGreaterThan(0);
    expect(all('HEALTHCHECK')[0]).toContain('/healthz');
    expect(all('EXPOSE')).toEqual(['18789']);
    expect(all('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(all('ENV').join(' ')).not.toMatch(/TOKEN|KEY|PASSWORD/);
  });

  it('takes what a program needs, from where the build leaves it', () => {
    expect(all('COPY').join(' ')).toMatch(/package\.json.*node_modules.*dist/);
    expect(lines.filter((line) => line.startsWith('FROM '))).toHaveLength(2);
    expect(lines.join('\n')).toContain('npm ci');
  });

  it('is used by the compose file, which leaves a stop its time and has no secret', () => {
    const { services } = parse(read('container/compose.yaml')) as {
      services: Record<
        string,
        { build: { dockerfile: string }; stop_grace_period: string; env_file: string }
      >;
    };
    expect(services.gateway).toMatchObject({ build: { dockerfile: 'ops/container/Containerfile' } });
    expect(Number.parseInt(services.gateway?.stop_grace_period ?? '0', 10) * 1_000).toBeGreaterThan(
      shutdownLimits.totalMs,
    );
  });
});

describe('Kubernetes manifests', () => {
  const documents = parseAllDocuments(read('kubernetes/gateway.yaml'));
  const objects = documents.map((document) => document.toJS() as Manifest);
  const find = (kind: string): Manifest => {
    const found = objects.find((object) => object.kind === kind);
    if (!found) throw new Error(`no ${kind}`);
    return found;
  };
  const pod = find('StatefulSet').spec.template;
  const [container] = pod.spec.containers;

  it('are well-formed, and known to the kustomization', () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Service', 'StatefulSet']);
    const { resources } = parse(read('kubernetes/kustomization.yaml')) as { resources: string[] };
    const files = readdirSync(new URL('kubernetes/', ops)).filter((name) => name !== 'kustomization.yaml');
    expect(resources).toEqual(files);
  });

  it('have a config that a gateway starts from', () => {
    const loaded = parseConfig(find('ConfigMap').data['pllan.json'] ?? '', {
      path: '/etc/pllan/pllan.json',
      env: { PLLAN_GATEWAY_TOKEN: 'x' },
      askLoginShell: () => ({}),
    });
    expect(loaded).toMatchObject({
      ok: true,
      config: { gateway: { mode: 'local', bind: 'lan' } },
      warnings: [],
    });
  });

  it('probe what the gateway itself answers', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container ?? {};
    expect([startupProbe, readinessProbe, livenessProbe].map((probe) => probe?.httpGet)).toEqual([
      { path: '/startupz', port: 'gateway' },
      { path: '/readyz', port: 'gateway' },
      { path: '/healthz', port: 'gateway' },
    ]);
    expect(probePaths).toMatchObject({ '/startupz': 'startup', '/readyz': 'ready', '/healthz': 'live' });
    expect(container?.ports).toEqual([{ name: 'gateway', containerPort: 18_789 }]);
    expect(pod.metadata.annotations).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '18789',
      'prometheus.io/path': '/metrics',
    });
  });

  it('leave a stop its time', () => {
    const [, seconds] = container?.lifecycle.preStop.exec.command ?? [];
    const stopMs = (pod.spec.terminationGracePeriodSeconds - Number(seconds)) * 1_000;
    expect(stopMs).toBeGreaterThan(shutdownLimits.totalMs);
  });

  it('take secrets from elsewhere, and no rights', () => {
    const secrets = (container?.env ?? []).filter(({ name }) => /TOKEN|KEY/.test(name));
    expect(secrets.map(({ valueFrom }) => valueFrom?.secretKeyRef.name)).toEqual([
      'pllan-gateway',
      'pllan-gateway',
    ]);
    expect(secrets.some(({ value }) => value !== undefined)).toBe(false);
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 });
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});

/** As far as it is looked at. */
interface Manifest {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: object;
        readonly containers: readonly Container[];
      };
    };
  };
}

interface Container {
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly ports: readonly object[];
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string } };
  }[];
  readonly securityContext: object;
}

interface Probe {
  readonly httpGet: object;
}
