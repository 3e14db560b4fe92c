import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretCommand, secretFile } from '../../shared/secrets/support.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { cli, environmentWith } from '../support/cli.js';

const SECRET = 'a-secret-that-nothing-may-print';

describe('pllan secrets reload', () => {
  const TOKEN = 'a-token-that-is-in-a-file';
  let gateway: TestGateway;
  let file: string;
  beforeAll(async () => {
    file = secretFile(JSON.stringify({ token: TOKEN }));
    gateway = await startGateway({ config: config() });
  });
  afterAll(() => gateway.stop());
  const config = () => ({
    gateway: {
      auth: { mode: 'token', token: { source: 'file', provider: 'main', id: '/token' }, password: '$NONE' },
    },
    secrets: { providers: { main: { source: 'file', path: file } } },
  });
  const reload = (...words: string[]) => {
    const { gateway: settings, ...rest } = config();
    const env = environmentWith({ ...rest, gateway: { ...settings, port: gateway.port } });
    return cli(['secrets', 'reload', ...words], { env });
  };

  it('says that it is done, with the token from the same file', async () => {
    expect(await reload()).toMatchObject({ exitCode: 0, stdout: 'Secrets reloaded with 1 warning(s).\n' });
    expect(JSON.parse((await reload('--json')).stdout)).toEqual({ ok: true, warningCount: 1 });
  });

  it('says why it is not', async () => {
    writeFileSync(file, '{}');
    const refused = await cli(['secrets', 'reload'], {
      env: environmentWith({ gateway: { port: gateway.port, auth: { mode: 'token', token: TOKEN } } }),
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('secrets.reload failed');
    expect(refused.stderr).toContain(
      'gateway.auth.token: file provider "main", /token: there is no such value in the file',
    );
  });

  it('names the credential that this command cannot have', async () => {
    writeFileSync(file, '{}');
    const { exitCode, stderr } = await reload();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('gateway.auth.token: file provider "main", /token: there is no such value');
  });

  it('runs no command for a credential of its own', async () => {
    const command = secretCommand(
      `require('node:fs').writeFileSync(__dirname + '/ran', ''); answer({ x: 'x' });`,
    );
    const env = environmentWith({
      gateway: {
        port: gateway.port,
        auth: { mode: 'token', token: { source: 'exec', provider: 'vault', id: 'x' } },
      },
      secrets: { providers: { vault: { source: 'exec', command } } },
    });
    const { exitCode, stderr } = await cli(['secrets', 'reload'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'gateway.auth.token: exec provider "vault": configured but unavailable in this command path',
    );
    const { existsSync } = await import('node:fs');
    expect(existsSync(join(dirname(command), 'ran'))).toBe(false);
  });
});

describe('pllan secrets audit', () => {
  const audit = (env: ReturnType<typeof environmentWith>, ...words: string[]) =>
    cli(['secrets', 'audit', ...words], { env });
  const at = (env: { readonly PLLAN_STATE_DIR: string }, ...names: string[]) => {
    const path = join(env.PLLAN_STATE_DIR, ...names);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };

  it('of a config without secrets finds nothing', async () => {
    expect(await audit(environmentWith({ gateway: { mode: 'local' } }), '--check')).toMatchObject({
      exitCode: 0,
      stdout: 'Secrets audit: clean. plaintext=0, unresolved=0, shadowed=0, legacy=0.\n',
    });
  });

  it('names what is in plain text and where, and not what it is', async () => {
    const env = environmentWith({
      gateway: { auth: { token: SECRET } },
      models: {
        providers: {
          a: { baseUrl: 'http://x', apiKey: SECRET, headers: { Authorization: SECRET, 'x-region': 'eu' } },
          b: { baseUrl: 'http://x', apiKey: 'part-${SET}' },
        },
      },
    });
    writeFileSync(
      at(env, '.env'),
      `# comment\nOPENAI_API_KEY=${SECRET}\nexport MY_TOKEN='${SECRET}'\nPATH=/x\nA_TOKEN=\n`,
    );
    const { exitCode, stdout } = await audit({ ...env, SET: 'x' });
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[0]).toBe(
      'Secrets audit: findings. plaintext=5, unresolved=0, shadowed=0, legacy=0.',
    );
    for (const path of [
      'gateway.auth.token',
      'models.providers.a.apiKey',
      'models.providers.a.headers.Authorization',
      'OPENAI_API_KEY',
      'MY_TOKEN',
    ])
      expect(stdout).toContain(`: ${path}: a credential is written here in plain text`);
    expect(stdout).not.toContain(SECRET);
    expect((await audit(env, '--check')).exitCode).toBe(1);
  });

  it('exits 2 for a ref that leads nowhere, and leaves those alone that are not in use', async () => {
    const env = environmentWith({
      gateway: { auth: { mode: 'token', token: '${NOT_SET}', password: '${NOT_SET_EITHER}' } },
    });
    const { exitCode, stdout } = await audit(env, '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      status: 'unresolved',
      resolution: { refsChecked: 1, skippedExecRefs: 0, resolvabilityComplete: true },
      summary: { plaintextCount: 0, unresolvedRefCount: 1 },
      findings: [
        {
          code: 'REF_UNRESOLVED',
          severity: 'error',
          jsonPath: 'gateway.auth.token',
          message: 'gateway.auth.token: env provider "default", NOT_SET: the environment variable is not set',
        },
      ],
    });
  });

  it('runs commands only when it may', async () => {
    const env = environmentWith({
      gateway: { auth: { mode: 'token', token: { source: 'exec', provider: 'vault', id: 'x' } } },
      secrets: { providers: { vault: { source: 'exec', command: secretCommand('process.exit(1)') } } },
    });
    const skipped = await audit(env);
    expect(skipped.exitCode).toBe(0);
    expect(skipped.stdout).toContain('1 refs to commands were not checked');
    expect((await audit(env, '--allow-exec')).exitCode).toBe(2);
  });

  it('looks into the files of agents', async () => {
    const env = environmentWith({
      models: { providers: { openai: { apiKey: '${KEY}' } } },
    });
    const profiles = {
      'openai:old': { type: 'api_key', provider: 'openai', key: SECRET },
      'other:ref': {
        type: 'token',
        provider: 'other',
        tokenRef: { source: 'env', provider: 'default', id: 'NOT_SET' },
      },
    };
    writeFileSync(
      at(env, 'agents', 'main', 'agent', 'auth-profiles.json'),
      JSON.stringify({ version: 1, profiles }),
    );
    writeFileSync(
      at(env, 'agents', 'main', 'agent', 'models.json'),
      JSON.stringify({ providers: { x: { apiKey: SECRET, headers: { 'x-api-key': SECRET, accept: 'x' } } } }),
    );
    writeFileSync(
      at(env, 'agents', 'main', 'agent', 'auth.json'),
      JSON.stringify({ openai: { type: 'api_key', key: SECRET }, x: { type: 'oauth' } }),
    );
    const { exitCode, stdout } = await audit({ ...env, KEY: 'k' }, '--json');
    expect(exitCode).toBe(2);
    expect(stdout).not.toContain(SECRET);
    const report = JSON.parse(stdout) as {
      filesScanned: string[];
      findings: { code: string; jsonPath: string }[];
    };
    expect(report.filesScanned).toHaveLength(4);
    expect(report.findings.map(({ code, jsonPath }) => `${code} ${jsonPath}`)).toEqual([
      'REF_UNRESOLVED profiles.other:ref.token',
      'PLAINTEXT_FOUND profiles.openai:old.key',
      'REF_SHADOWED profiles.openai:old',
      'PLAINTEXT_FOUND providers.x.apiKey',
      'PLAINTEXT_FOUND providers.x.headers.x-api-key',
      'LEGACY_RESIDUE openai',
    ]);
  });

  it('that cannot be made exits 2 and shows nothing of the file', async () => {
    const invalid = await audit(environmentWith({ gateway: { port: 'x' } }));
    expect(invalid.exitCode).toBe(2);
    expect(invalid.stderr).toContain('is not a valid config');
    const env = environmentWith({});
    writeFileSync(at(env, 'agents', 'main', 'agent', 'auth.json'), `{"key": "${SECRET}`);
    const broken = await audit(env);
    expect(broken.exitCode).toBe(2);
    expect(broken.stderr).toMatch(/Secrets audit failed: .*auth\.json is not valid JSON/);
    expect(broken.stderr).not.toContain(SECRET);
  });

  it('looks at one file once that has two names', async () => {
    const env = environmentWith({});
    const other = environmentWith({});
    writeFileSync(at(env, '.env'), `A_TOKEN=${SECRET}\n`);
    symlinkSync(at(env, '.env'), at(other, '.env'));
    const { stdout } = await audit(
      { ...env, PLLAN_CONFIG_PATH: join(other.PLLAN_STATE_DIR, 'pllan.json') },
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ summary: { plaintextCount: 1 } });
  });
});
