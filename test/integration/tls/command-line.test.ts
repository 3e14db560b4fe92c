/** The command line reaches a gateway that speaks TLS: its own by its files, another one by its fingerprint. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { ownCertificate, withTls } from '../../support/tls.js';
import { cli, environmentWith } from '../../cli/support/cli.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: withTls });
});
afterAll(() => gateway.stop());

const fingerprint = (): string =>
  new X509Certificate(readFileSync(ownCertificate(gateway).cert)).fingerprint256;

describe('the gateway of this machine', () => {
  const env = () => ({
    PLLAN_HOME: gateway.stateDir,
    PLLAN_STATE_DIR: gateway.stateDir,
    PLLAN_GATEWAY_PORT: String(gateway.port),
  });

  it.each(['health', 'gateway status', 'gateway probe', 'sessions list', 'status'])('%s', async (command) => {
    const run = await cli([...command.split(' '), '--json'], { env: env() });
    expect(run.stderr).toBe('');
    expect(run.exitCode).toBe(0);
  });

  it('gateway status says where it looked', async () => {
    const { stdout } = await cli(['gateway', 'status', '--json'], { env: env() });
    expect(JSON.parse(stdout)).toMatchObject({
      gateway: { probeUrl: `wss://127.0.0.1:${gateway.port}` },
      rpc: { ok: true },
      service: { runtime: { status: 'running', pid: gateway.pid } },
    });
  });

  it('is also believed by its URL', async () => {
    const run = await cli(['health', '--url', `wss://localhost:${gateway.port}`, '--token', TOKEN], {
      env: env(),
    });
    expect(run.exitCode).toBe(0);
  });
});

describe('another gateway', () => {
  const health = (remote: object) =>
    cli(['health'], {
      env: environmentWith({
        gateway: { mode: 'remote', remote: { url: gateway.wsUrl, token: TOKEN, ...remote } },
      }),
    });

  it('is believed by its fingerprint, however that is written', async () => {
    const plain = fingerprint().replaceAll(':', '').toLowerCase();
    for (const tlsFingerprint of [fingerprint(), plain, `sha256:${plain}`])
      expect((await health({ tlsFingerprint })).exitCode).toBe(0);
  });

  it('with another certificate is told nothing', async () => {
    const run = await health({ tlsFingerprint: 'ab'.repeat(32) });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('its certificate is not the one of gateway.remote.tlsFingerprint');
    expect(gateway.logLines().filter(({ event }) => event === 'ws.refused')).toEqual([]);
  });

  it('whose certificate nobody vouches for is not asked', async () => {
    const run = await health({});
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('self-signed certificate');
  });
});
