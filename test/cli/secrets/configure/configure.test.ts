import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { secretCommand, secretFile } from '../../../shared/secrets/support.js';
import { cli } from '../../support/cli.js';
import { envRef, installation, SECRET, type Installation } from '../plan/support.js';

const openai = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: SECRET };
const config = { models: { providers: { openai } } };
const variables = { OPENAI_API_KEY: SECRET };

/** Numbers of the choices in the lists that are shown. */
const CONTINUE = '1';
/** The one credential of `config` is the second choice, behind "Continue". */
const KEY = '2';
const toEnv = ['1', '1', 'OPENAI_API_KEY'];
const onlyKey = [KEY, ...toEnv, CONTINUE];

const configure = ({ env }: Installation, typed: readonly string[], ...flags: string[]) =>
  cli(['secrets', 'configure', ...flags], { env, typed });

describe('pllan secrets configure', () => {
  it('needs somebody to ask', async () => {
    const { env } = installation({});
    expect(await cli(['secrets', 'configure', '--apply', '--yes'], { env })).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'secrets configure requires an interactive TTY.\n',
    });
  });

  it('leaves out one half or the other, and not both', async () => {
    const made = installation(config, variables);
    const both = await configure(made, [], '--providers-only', '--skip-provider-setup');
    expect(both).toMatchObject({
      exitCode: 1,
      stderr: 'Use either --providers-only or --skip-provider-setup.\n',
    });
    const providers = await configure(made, [CONTINUE], '--providers-only');
    expect(providers).toMatchObject({ exitCode: 0, stderr: 'Nothing was chosen.\n' });
    expect(providers.asked).not.toContain('Which credential');
    const credentials = await configure(made, [CONTINUE], '--skip-provider-setup');
    expect(credentials.asked).not.toContain('Providers of secrets');
  });

  it('asks, shows what would change, asks again, and applies', async () => {
    const made = installation(config, variables);
    const { exitCode, stdout, asked } = await configure(made, [CONTINUE, ...onlyKey, 'y']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `Secrets applied. Updated 1 file(s).\n- ${made.path('pllan.json')}\n`,
    });
    expect(asked).toContain('2) models.providers.openai.apiKey (plain text)');
    expect(asked).toContain('models.providers.openai.apiKey (from now on: env default OPENAI_API_KEY)');
    expect(asked).toContain(`Files that change:\n- ${made.path('pllan.json')}\nApply this plan now? [y/N]`);
    expect(JSON.parse(made.read('pllan.json'))).toMatchObject({
      models: { providers: { openai: { apiKey: envRef('OPENAI_API_KEY') } } },
    });
    expect(asked + stdout).not.toContain(SECRET);
  });

  it.each(['n', '', 'maybe'])('changes nothing when it is told %j', async (answer) => {
    const made = installation(config, variables);
    const before = made.files();
    const { exitCode, stderr } = await configure(made, [CONTINUE, ...onlyKey, answer]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'Nothing has been changed.\n' });
    expect(made.files()).toEqual(before);
  });

  it('with --apply asks once more, unless --yes says so', async () => {
    const made = installation(config, variables);
    const before = made.files();
    const refused = await configure(made, [...onlyKey, 'n'], '--apply', '--skip-provider-setup');
    expect(refused.asked).toContain('cannot be undone. Go on? [y/N]');
    expect(made.files()).toEqual(before);
    const { stdout, asked } = await configure(made, onlyKey, '--apply', '--yes', '--skip-provider-setup');
    expect(stdout).toContain('Secrets applied. Updated 1 file(s).');
    expect(asked).not.toContain('[y/N]');
  });

  it('writes a plan that can be applied later', async () => {
    const made = installation(config, variables);
    const file = made.path('plans', 'out.json');
    made.write('plans/other.json', '');
    const { stdout } = await configure(made, onlyKey, '--plan-out', file, '--skip-provider-setup');
    expect(stdout).toBe(`Plan written to ${file}.\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(made.read('plans/out.json'))).toEqual({
      version: 1,
      protocolVersion: 1,
      generatedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      generatedBy: 'pllan secrets configure',
      providerUpserts: {},
      providerDeletes: [],
      targets: [
        {
          type: 'models.providers.apiKey',
          path: 'models.providers.openai.apiKey',
          pathSegments: ['models', 'providers', 'openai', 'apiKey'],
          ref: envRef('OPENAI_API_KEY'),
        },
      ],
      options: { scrubEnv: true, scrubAuthProfilesForProviderTargets: true, scrubLegacyAuthJson: true },
    });
    expect(made.read('pllan.json')).toContain(SECRET);
    const applied = await cli(['secrets', 'apply', '--from', file], { env: made.env });
    expect(applied.exitCode).toBe(0);
    const nowhere = await configure(
      made,
      onlyKey,
      '--plan-out',
      made.path('none', 'x'),
      '--skip-provider-setup',
    );
    expect(nowhere.stderr).toContain('The plan cannot be written');
  });

  it('makes a provider, and does not take what is none', async () => {
    const file = secretFile(JSON.stringify({ key: SECRET }));
    const made = installation(config);
    const add = ['2', 'Main!', 'main', '2', 'relative/path', '1', file, '1', CONTINUE];
    const field = [KEY, '2', '1', 'key', '/key', CONTINUE];
    const { exitCode, asked } = await configure(made, [...add, ...field, 'y']);
    expect(exitCode).toBe(0);
    expect(asked).toContain('An alias must match');
    expect(asked).toContain('secrets.providers.main.path must be an absolute path');
    expect(asked).toContain('id must be a JSON pointer');
    expect(JSON.parse(made.read('pllan.json'))).toMatchObject({
      models: { providers: { openai: { apiKey: { source: 'file', provider: 'main', id: '/key' } } } },
      secrets: { providers: { main: { source: 'file', path: file, mode: 'json' } } },
    });
  });

  it('changes and removes providers', async () => {
    const made = installation({
      secrets: { providers: { a: { source: 'env', allowlist: ['X'] }, b: { source: 'env' } } },
    });
    const change = ['3', '1', 'ONE, TWO'];
    const remove = ['4', '2'];
    const { exitCode } = await configure(made, [...change, ...remove, CONTINUE, 'y'], '--providers-only');
    expect(exitCode).toBe(0);
    expect(JSON.parse(made.read('pllan.json'))).toMatchObject({
      secrets: { providers: { a: { source: 'env', allowlist: ['ONE', 'TWO'] } } },
    });
    expect(made.read('pllan.json')).not.toContain('"b"');
  });

  it('makes an auth profile of the agent', async () => {
    const made = installation({ agents: { list: [{ id: 'Main' }, { id: 'second' }] } }, variables);
    // Behind "Continue" come the two credentials of the gateway, which are not set.
    const profile = ['4', 'openai', '', '1', ...toEnv, CONTINUE];
    const { exitCode, asked } = await configure(
      made,
      [...profile, 'y'],
      '--skip-provider-setup',
      '--agent',
      'Second',
    );
    expect(asked).toContain('gateway.auth.token (not set)');
    expect(exitCode).toBe(0);
    expect(JSON.parse(made.read('agents/second/agent/auth-profiles.json'))).toEqual({
      version: 1,
      profiles: {
        'openai:default': { type: 'api_key', provider: 'openai', keyRef: envRef('OPENAI_API_KEY') },
      },
    });
    const again = await configure(made, [CONTINUE], '--skip-provider-setup', '--agent', 'second');
    expect(again.asked).toContain('agent second: profiles.openai:default.key (a SecretRef)');
    const unknown = await configure(made, [], '--agent', 'third');
    expect(unknown.stderr).toBe('There is no agent third; there are main, second.\n');
  });

  it('runs commands only when whoever is asked allows it', async () => {
    const command = secretCommand(`answer({ x: ${JSON.stringify(SECRET)} });`);
    const made = installation({ ...config, secrets: { providers: { v: { source: 'exec', command } } } });
    const field = [KEY, '2', '1', 'x', CONTINUE];
    const refused = await configure(made, [...field, 'n', 'y'], '--skip-provider-setup');
    expect(refused.asked).toContain('The plan has refs to commands. Run them to check it? [y/N]');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(made.read('pllan.json')).toContain(SECRET);
    expect((await configure(made, [...field, 'y', 'y'], '--skip-provider-setup')).exitCode).toBe(0);
    expect(made.read('pllan.json')).not.toContain(SECRET);
  });

  it('ends when nothing more is typed, and when a ref leads nowhere', async () => {
    const made = installation(config);
    const before = made.files();
    const cancelled = await configure(made, [CONTINUE, KEY]);
    expect(cancelled).toMatchObject({ exitCode: 1, stderr: 'Cancelled; nothing has been changed.\n' });
    const unset = await configure(made, onlyKey, '--apply', '--yes', '--skip-provider-setup');
    expect(unset.stderr).toContain('OPENAI_API_KEY: the environment variable is not set');
    expect(made.files()).toEqual(before);
  });

  it('prints one document for programs', async () => {
    const made = installation(config, variables);
    const { stdout } = await configure(made, [...onlyKey, 'y'], '--json', '--skip-provider-setup');
    expect(JSON.parse(stdout)).toMatchObject({
      plan: { version: 1, targets: [{ path: 'models.providers.openai.apiKey' }] },
      planFile: null,
      preflight: { mode: 'dry-run', changed: true },
      applied: { mode: 'write', changed: true },
    });
  });
});
