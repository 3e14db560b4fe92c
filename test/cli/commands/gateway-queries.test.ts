import { describe, expect, test } from 'vitest';
import { cli, environmentWith } from '../support/cli.js';
import { startFakeGateway } from '../support/fake-gateway.js';

describe('pllan gateway health', () => {
  test('says in two lines whether it is well, and then why not', async () => {
    const workers = { configured: 2, ready: 1 };
    const { port } = await startFakeGateway({ answers: { health: { ok: true, workers } } });
    const env = environmentWith({ gateway: { port } });
    const { exitCode, stdout } = await cli(['gateway', 'health'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Gateway Health\nOK \(\d+ms\)\nWorkers: 1 of 2 ready\n$/);
    const { stdout: json } = await cli(['gateway', 'health', '--json'], { env });
    expect(JSON.parse(json)).toEqual({ ok: true, workers });
  });
});

describe('pllan gateway discover', () => {
  test('finds none: they do not announce themselves', async () => {
    expect((await cli(['gateway', 'discover'])).stdout).toMatch(/^Gateways found: 0\n/);
    const { stdout } = await cli(['gateway', 'discover', '--json', '--timeout', '5']);
    expect(JSON.parse(stdout)).toEqual({ timeoutMs: 5, count: 0, beacons: [] });
  });
});

describe('pllan gateway usage-cost', () => {
  const totals = { totalTokens: 30, totalCost: 0.5, missingCostEntries: 2 };
  const report = { updatedAt: 1, days: 7, daily: [{ date: '2026-01-02', ...totals }], totals };

  test('shows tokens and cost by day', async () => {
    const { port, requests } = await startFakeGateway({ answers: { 'usage.cost': report } });
    const env = environmentWith({ gateway: { port } });
    const { stdout } = await cli(['gateway', 'usage-cost', '--days', '7'], { env });
    expect(requests.at(-1)).toMatchObject({ method: 'usage.cost', params: { days: 7 } });
    expect(stdout).toBe(
      [
        'Usage of the last 7 days',
        '2026-01-02: 30 tokens, $0.5000 (2 without a price)',
        'Total: 30 tokens, $0.5000 (2 without a price)\n',
      ].join('\n'),
    );
    const { stdout: json } = await cli(['gateway', 'usage-cost', '--json'], { env });
    expect(requests.at(-1)).toMatchObject({ params: { days: 30 } });
    expect(JSON.parse(json)).toEqual(report);
  });

  test('refuses what is no number of days', async () => {
    const { exitCode, stderr } = await cli(['gateway', 'usage-cost', '--days', '0']);
    expect([exitCode, stderr]).toEqual([1, 'Invalid --days (use a number of days)\n']);
  });
});
