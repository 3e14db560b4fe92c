import { describe, expect, test } from 'vitest';
import { readCliConfig } from '../../../src/cli/config/cli-config.js';
import { resolvePaths, type Environment } from '../../../src/shared/paths.js';
import { environmentWith, temporaryHome } from '../support/cli.js';

const read = (env: Environment) => readCliConfig(env, resolvePaths(env));

describe('the config for the command line', () => {
  test('a missing file is an empty config', () => {
    expect(read({ PLLAN_HOME: temporaryHome() })).toMatchObject({
      exists: false,
      valid: true,
      gateway: { port: 18_789 },
    });
  });

  test('a valid file is taken whole', () => {
    expect(read(environmentWith('{ gateway: { port: 4000 } } // JSON5'))).toMatchObject({
      exists: true,
      valid: true,
      issues: [],
      gateway: { port: 4000 },
    });
  });

  test('of an invalid file the values count that are good on their own', () => {
    const gateway = { mode: 'remote', port: 'x', bind: 'lan', auth: { mode: 'token', token: 't', extra: 1 } };
    const config = read(environmentWith({ gateway, logging: { file: '/l' }, unknown: 1 }));
    expect(config).toMatchObject({
      valid: false,
      gateway: { mode: 'remote', port: 18_789, bind: 'lan', auth: { mode: 'token', token: 't' } },
      logging: { file: '/l' },
    });
    expect(config.issues.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['gateway.port', 'unknown']),
    );
  });

  test('variables in a salvaged value are replaced', () => {
    const env = { ...environmentWith({ gateway: { auth: { token: '${T}' } }, unknown: 1 }), T: 'secret' };
    expect(read(env).gateway.auth.token).toBe('secret');
  });

  test('a file that is not JSON5 leaves the defaults', () => {
    expect(read(environmentWith('{'))).toMatchObject({
      exists: true,
      valid: false,
      gateway: { port: 18_789 },
    });
  });

  test('a bad PLLAN_LOG_LEVEL is a warning, and nothing else suffers', () => {
    const config = read({ ...environmentWith({ gateway: { port: 4000 } }), PLLAN_LOG_LEVEL: 'loud' });
    expect(config).toMatchObject({
      valid: true,
      gateway: { port: 4000 },
      warnings: [expect.stringContaining('PLLAN_LOG_LEVEL')],
    });
  });
});
