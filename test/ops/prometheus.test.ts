/** What Prometheus and Grafana are given to read: it is well-formed, and speaks of metrics that a gateway really has. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { filesOf } from '../support/debian.js';
import { startGateway, temporaryDir, TOKEN, type TestGateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const ops = new URL('../../ops/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, ops), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
}

const rules = (parse(read('prometheus/alerts.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('grafana/pllan.json')) as Dashboard;

/** Name of each metric → names of the labels of its samples. */
let metrics: ReadonlyMap<string, ReadonlySet<string>>;
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  const headers = { authorization: `Bearer ${TOKEN}` };
  // Once without a credential, so that what is refused is counted as well.
  await fetch(`${gateway.url}/v1/models`);
  await fetch(`${gateway.url}/v1/models`, { headers });
  // Workers tell what they count now and then.
  metrics = await waitFor('the metrics of a worker', async () => {
    const found = namesIn(await (await fetch(`${gateway.url}/metrics`, { headers })).text());
    return (found.get('pllan_http_requests_total')?.size ?? 0) > 0 && found;
  });
});
afterAll(() => gateway.stop());

function namesIn(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) /gm)) found.set(name, new Set());
  for (const [, sample = '', labels = ''] of text.matchAll(/^([a-z_]\w*)\{(.*)\} /gm)) {
    const known = found.get(sample) ?? found.get(familyOf(sample));
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known?.add(label);
  }
  return found;
}

/** What `promtool check` says of a file with this text. */
function promtool(check: readonly string[], text: string): string {
  const file = join(temporaryDir(), 'checked.yml');
  writeFileSync(file, text);
  const words = ['check', ...check, file];
  return execFileSync(join(filesOf(['prometheus']), 'usr', 'bin', 'promtool'), words, {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

const familyOf = (name: string): string => name.replace(/_(?:bucket|count|sum)$/, '');

/** Metrics that an expression names. */
function namedIn(expr: string): string[] {
  const withoutText = expr.replaceAll(/"[^"]*"/g, '""');
  const names = withoutText.matchAll(/\b(?:pllan|nodejs|process|gen_ai)_\w+/g);
  return Array.from(names, ([name]) => name);
}

const isKnown = (name: string): boolean => metrics.has(name) || metrics.has(familyOf(name));

describe('alert rules', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s names what a gateway counts',
    (_name, rule) => {
      expect(namedIn(rule.expr).filter((name) => !isKnown(name))).toEqual([]);
      expect(rule.labels.severity).toMatch(/^(?:critical|warning|info)$/);
      expect(rule.annotations.summary).not.toBe('');
    },
  );

  it('pass promtool', () => {
    expect(promtool(['rules'], read('prometheus/alerts.yml'))).toContain(`${rules.length} rules found`);
  });
});

it('the scrape config passes promtool', () => {
  const config = parse(read('prometheus/prometheus.yml')) as { scrape_configs: Record<string, unknown>[] };
  // That of Debian knows nothing of Kubernetes.
  const scrapes = config.scrape_configs.map(({ kubernetes_sd_configs: found, ...rest }) =>
    found === undefined ? rest : { ...rest, static_configs: [{ targets: ['x:1'] }] },
  );
  const without = stringify({ ...config, rule_files: [], scrape_configs: scrapes });
  // The token's file is on the machine of Prometheus.
  expect(promtool(['config', '--syntax-only'], without)).toContain('SUCCESS');
});

describe('the dashboard', () => {
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('names what a gateway counts, with labels that there are', () => {
    const variables = JSON.stringify(dashboard.templating.list.map(({ query }) => query));
    const named = [...expressions, variables].flatMap(namedIn);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
    for (const expr of expressions) {
      const [name = ''] = namedIn(expr);
      const labels = metrics.get(name) ?? metrics.get(familyOf(name)) ?? new Set();
      const [, by = ''] = /\bby \(([^)]*)\)/.exec(expr) ?? [];
      const used = by.split(/,\s*/).filter((label) => label !== '' && label !== 'le');
      if (labels.size > 0) expect([expr, used.filter((label) => !labels.has(label))]).toEqual([expr, []]);
    }
  });

  it('has panels that do not cover each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { gridPos } of dashboard.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(x).toBeLessThan(24);
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
  });

  it('has expressions that Prometheus understands', () => {
    const plain = expressions.map((expr) =>
      expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:job|instance)/g, '.*'),
    );
    const groups = plain.map((expr, n) => ({ record: `panel:number_${n}`, expr }));
    const file = JSON.stringify({ groups: [{ name: 'panels', rules: groups }] });
    const checked = promtool(['rules'], file);
    expect(checked).toContain(`${plain.length} rules found`);
  });
});
