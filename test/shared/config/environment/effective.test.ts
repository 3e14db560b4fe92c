import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askLoginShell, type AskLoginShell } from '../../../../src/shared/config/environment/login-shell.js';
import { parseConfig } from '../../../../src/shared/config/load.js';

function load(config: object, env: Record<string, string>, shell: AskLoginShell = () => ({})) {
  const loaded = parseConfig(JSON.stringify(config), { path: '/nowhere', env, askLoginShell: shell });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return loaded;
}

describe('env of the config', () => {
  it('adds variables that are missing, which the config can name', () => {
    const { env, config } = load(
      { env: { vars: { A: 'one' }, B: '${C}', C: 'own' }, gateway: { auth: { token: '${A}-${B}-${C}' } } },
      { C: 'outer' },
    );
    expect(env).toEqual({ A: 'one', B: 'outer', C: 'outer' });
    expect(config.gateway.auth.token).toBe('one-outer-outer');
  });

  it('holds strings', () => {
    const loaded = parseConfig('{env:{A:1}}', { path: '/nowhere', env: {} });
    expect(loaded.ok ? [] : loaded.issues).toEqual([{ path: 'env.A', message: 'must be string' }]);
  });
});

describe('the login shell', () => {
  const given = { X: '1', Y: '2', SOME_API_KEY: 'k', PATH: '/evil', OTHER: 'o' };
  const config = {
    gateway: { auth: { token: '${X}-${Y}' } },
    env: { shellEnv: { enabled: true, timeoutMs: 5 } },
  };

  it('is asked only when that is wanted', () => {
    let asked = 0;
    const ask: AskLoginShell = () => {
      asked += 1;
      return {};
    };
    load({}, {}, ask);
    expect(asked).toBe(0);
    load(config, {}, ask);
    load({}, { PLLAN_LOAD_SHELL_ENV: '1' }, ask);
    expect(asked).toBe(2);
  });

  it('gives what the config names and keys, where they are missing, and nothing else', () => {
    const { env } = load(config, { X: 'own' }, () => given);
    expect(env).toEqual({ X: 'own', Y: '2', SOME_API_KEY: 'k' });
  });

  it('that fails is a warning', () => {
    const { warnings } = load(config, { X: 'own', Y: 'own' }, () => {
      throw new Error('no shell');
    });
    expect(warnings).toEqual([{ path: 'env.shellEnv', message: 'the login shell gave nothing: no shell' }]);
  });

  it('is a real one: what profiles print is no variable', () => {
    const env = { PATH: process.env.PATH, SHELL: '/bin/sh', HOME: '/nowhere', LINES_OF: 'a\nb=c' };
    expect(askLoginShell(env, 10_000)).toMatchObject({ LINES_OF: 'a\nb=c' });
  });

  it('that hangs is ended', () => {
    const dir = mkdtempSync(join(tmpdir(), 'pllan-shell-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const shell = join(dir, 'shell');
    writeFileSync(shell, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    expect(() => askLoginShell({ SHELL: shell, PATH: process.env.PATH }, 300)).toThrow('ETIMEDOUT');
  });
});
