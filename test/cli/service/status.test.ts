/** What `gateway status` says of a service, with stand-ins for systemd. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { json, serviceHome, startable } from './support.js';

const UNIT = 'pllan-gateway.service';

describe('an installed service', () => {
  it('is shown by gateway status, with what is wrong with it', async () => {
    const home = serviceHome();
    await json(home, 'gateway', 'install');
    const unit = readFileSync(home.unitFile, 'utf8');
    writeFileSync(home.unitFile, `${unit}\n[Service]\nEnvironment=PLLAN_GATEWAY_TOKEN=embedded-secret\n`);
    const { stdout } = await cli(['gateway', 'status', '--no-probe'], { env: home.env });
    expect(stdout).toContain('Service: systemd (enabled)\nFile logs: ');
    expect(stdout).toMatch(/^Command: \S+node \S+\/dist\/entry\.js gateway --port 18999$/m);
    expect(stdout).toContain(`Service file: ~/.config/systemd/user/${UNIT}\nWorking dir: ~/.pllan\n`);
    expect(stdout).toContain('Service env: PLLAN_GATEWAY_PORT=18999\n');
    expect(stdout).toContain(
      'Service config looks out of date or non-standard.\n' +
        'Service config issue: The service definition holds the gateway token.\n' +
        'Service config issue: The token in the service definition is not the one of the config.\n' +
        'Recommendation: run "pllan doctor" (or "pllan doctor --repair").\n',
    );
    expect(stdout).toContain('Config (cli): ~/.pllan/pllan.json\nConfig (service): ~/.pllan/pllan.json\n');
    expect(stdout).toContain('port=18999 (service args)\n');
    expect(stdout).toContain(
      'Runtime: running (pid 4242, state active, sub running, last exit 0, reason 0)\n',
    );
    expect(stdout).not.toContain('embedded-secret');
    const { said } = await json(home, 'gateway', 'status', '--no-probe');
    expect(said).toMatchObject({
      service: {
        label: 'systemd',
        loaded: true,
        command: {
          workingDirectory: `${home.home}/.pllan`,
          environment: { PLLAN_GATEWAY_PORT: '18999' },
          sourcePath: home.unitFile,
        },
        runtime: {
          status: 'running',
          state: 'active',
          subState: 'running',
          pid: 4242,
          lastExitStatus: 0,
          lastExitReason: '0',
        },
        configAudit: {
          ok: false,
          issues: [
            { code: 'gateway-token-embedded', level: 'recommended', message: expect.any(String) },
            { code: 'gateway-token-mismatch', level: 'recommended', message: expect.any(String) },
          ],
        },
      },
      config: { daemon: { path: home.configFile, exists: true, valid: true }, mismatch: false },
      gateway: { port: 18_999, portSource: 'service args' },
    });
    expect(JSON.stringify(said)).not.toContain('embedded-secret');
  });

  it('of another config is told apart, and other services are found', async () => {
    const home = serviceHome();
    await json(home, 'gateway', 'install');
    const other = join(dirname(home.unitFile), 'pllan-gateway-old.service');
    writeFileSync(other, '[Service]\nExecStart=/usr/bin/pllan gateway\n');
    const env = { ...home.env, PLLAN_CONFIG_PATH: join(home.home, 'other.json') };
    writeFileSync(env.PLLAN_CONFIG_PATH, JSON.stringify(startable()));
    const { stdout } = await cli(['gateway', 'status', '--no-probe', '--deep'], { env });
    expect(stdout).toContain('Config (cli): ~/other.json\nConfig (service): ~/.pllan/pllan.json\n');
    expect(stdout).toContain(
      'CLI and service are using different config paths (likely a profile/state-dir mismatch).\nFix: pllan gateway install --force',
    );
    expect(stdout).toContain(
      `Other gateway-like services detected (best effort):\n- pllan-gateway-old (user, ${other})\n`,
    );
    const plain = await json(home, 'gateway', 'status', '--no-probe', '--deep');
    expect(plain.said).toMatchObject({
      config: { mismatch: false },
      extraServices: [{ platform: 'linux', label: 'pllan-gateway-old', detail: other, scope: 'user' }],
    });
  });

  it('that does not run is shown with the last error of its log', async () => {
    const home = serviceHome();
    await json(home, 'gateway', 'install');
    await json(home, 'gateway', 'stop');
    const dir = join(home.home, '.pllan/logs');
    const status = async (): Promise<string> => (await cli(['gateway', 'status'], { env: home.env })).stdout;
    const [, logFile = ''] = /^File logs: (.+)$/m.exec(await status()) ?? [];
    mkdirSync(dir, { recursive: true });
    const lines = [
      { time: 't1', level: 'error', message: 'the first' },
      { time: 't2', level: 'fatal', message: 'out of luck' },
      { time: 't3', level: 'warn', message: 'later' },
    ];
    writeFileSync(logFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const stdout = await status();
    expect(stdout).toContain(
      'Runtime: stopped (state inactive, sub dead, last exit 0, reason 0)\nRPC probe: failed\n',
    );
    expect(stdout).toContain('Last gateway error: t2 out of luck\n');
  });
});
