/** What `pllan doctor` may change, by flags and by answers (cli.md §12). */
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { install, readConfig, sound, type Installation } from './installation.js';

describe('permission', () => {
  const broken = (): Installation => {
    const site = install({ ...sound, surprise: true });
    chmodSync(site.stateDir, 0o755);
    return site;
  };
  const kept = (site: Installation): boolean => readFileSync(site.configPath, 'utf8').includes('surprise');

  it('without a terminal and without a flag nothing is changed', async () => {
    const site = broken();
    const run = await cli(['doctor'], { env: site.env });
    expect(run.stdout).toContain('To have them repaired: pllan doctor --fix');
    expect(kept(site)).toBe(true);
    expect(statSync(site.stateDir).mode & 0o777).toBe(0o755);
  });

  it('--non-interactive repairs only what is safe', async () => {
    const site = broken();
    await cli(['doctor', '--non-interactive'], { env: site.env });
    expect(kept(site)).toBe(true);
    expect(statSync(site.stateDir).mode & 0o777).toBe(0o700);
  });

  it('--lint is a report whose exit code counts', async () => {
    const site = broken();
    const run = await cli(['doctor', '--lint', '--fix'], { env: site.env });
    expect(run.exitCode).toBe(1);
    expect(kept(site)).toBe(true);
    expect((await cli(['doctor', '--lint'], { env: install().env })).exitCode).toBe(0);
  });

  it.each([
    ['y', false],
    ['n', true],
  ])('at a terminal it asks: %s', async (answer, still) => {
    const site = broken();
    const run = await cli(['doctor'], { env: site.env, typed: [answer, answer] });
    expect(run.asked).toContain('Remove them?');
    expect(kept(site)).toBe(still);
  });

  it('--generate-gateway-token never takes the place of one', async () => {
    const none = install();
    await cli(['doctor', '--generate-gateway-token'], { env: none.env });
    expect(readConfig(none)).toMatchObject({
      gateway: { auth: { token: expect.stringMatching(/^[0-9a-f]{48}$/) } },
    });
    const ref = install({ ...sound, gateway: { mode: 'local', port: 1, auth: { token: '${MINE}' } } });
    const run = await cli(['doctor', '--generate-gateway-token'], { env: ref.env });
    expect(run.stderr).toContain('left as it is');
    expect(readConfig(ref)).toMatchObject({ gateway: { auth: { token: '${MINE}' } } });
  });
});

it('shows no secret', async () => {
  const site = install({
    ...sound,
    gateway: { mode: 'local', port: 1, auth: { token: 'S3CRET-of-doctor', password: 'S3CRET-too' } },
    hooks: { enabled: true, token: 'S3CRET-of-doctor' },
  });
  for (const flags of [[], ['--json'], ['--fix']]) {
    const run = await cli(['doctor', ...flags], { env: site.env });
    expect(run.stdout + run.stderr).not.toContain('S3CRET');
  }
});
