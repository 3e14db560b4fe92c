/** `pllan gateway --dev --reset` (cli.md §2). */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processStartTime } from '../../../src/shared/process-facts.js';
import { cli, temporaryHome } from '../support/cli.js';

describe('pllan gateway --dev --reset', () => {
  it('puts config, credentials, sessions and workspace aside', async () => {
    const home = temporaryHome();
    const env = { PLLAN_HOME: home };
    await cli(['--dev', 'setup'], { env });
    mkdirSync(join(home, '.pllan-dev', 'credentials'));
    const run = await cli(['--dev', 'gateway', '--reset'], { env });
    expect(run.exitCode).toBe(0);
    const [trash = ''] = readdirSync(home).filter((name) => name.startsWith('.trash-'));
    expect(readdirSync(join(home, trash)).toSorted()).toEqual([
      'credentials',
      'pllan.json',
      'store',
      'workspace',
    ]);
    expect(run.stderr).toContain(`~/${trash}`);
    expect(run.gateway?.flags.dev).toBe(true);
  });

  it('is for the dev profile alone', async () => {
    const run = await cli(['gateway', '--reset']);
    expect(run).toMatchObject({ exitCode: 1, stderr: 'Use --reset with --dev.\n', gateway: undefined });
  });

  it.each(['PLLAN_STATE_DIR', 'PLLAN_WORKSPACE_DIR', 'PLLAN_CONFIG_PATH'])(
    'moves nothing of the default profile, should %s name it',
    async (name) => {
      const home = temporaryHome();
      const env = { PLLAN_HOME: home };
      await cli(['setup'], { env });
      const place = {
        PLLAN_STATE_DIR: '',
        PLLAN_WORKSPACE_DIR: '/workspace',
        PLLAN_CONFIG_PATH: '/pllan.json',
      }[name];
      const run = await cli(['gateway', '--dev', '--reset'], {
        env: { ...env, [name]: `~/.pllan${place ?? ''}` },
      });
      expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining("is the default profile's")]);
      expect(readdirSync(home)).toEqual(['.pllan']);
    },
  );

  it('moves nothing under a running gateway', async () => {
    const home = temporaryHome();
    await cli(['--dev', 'setup'], { env: { PLLAN_HOME: home } });
    writeFileSync(
      join(home, '.pllan-dev', 'gateway.lock'),
      JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) }),
    );
    const run = await cli(['gateway', '--dev', '--reset'], { env: { PLLAN_HOME: home } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`is running (pid ${process.pid})`);
    expect(readdirSync(home)).toEqual(['.pllan-dev']);
  });
});
