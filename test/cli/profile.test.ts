import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyProfile } from '../../src/cli/profile.js';

const none = { profile: undefined, dev: false };

describe('profiles', () => {
  test('no profile leaves the environment as it is, in a copy', () => {
    const env = { PLLAN_HOME: '/h', OTHER: '1' };
    const applied = applyProfile(env, none);
    expect(applied).toEqual(env);
    expect(applied).not.toBe(env);
  });

  test('a profile names its state dir and config file', () => {
    expect(applyProfile({ PLLAN_HOME: '/h' }, { profile: 'work', dev: false })).toEqual({
      PLLAN_HOME: '/h',
      PLLAN_PROFILE: 'work',
      PLLAN_STATE_DIR: '/h/.pllan-work',
      PLLAN_CONFIG_PATH: '/h/.pllan-work/pllan.json',
    });
  });

  test('the state dir lies in the home of the system when PLLAN_HOME is not set', () => {
    expect(applyProfile({}, { profile: 'work', dev: false }).PLLAN_STATE_DIR).toBe(
      join(homedir(), '.pllan-work'),
    );
  });

  test('PLLAN_PROFILE does the same as the flag', () => {
    expect(applyProfile({ PLLAN_HOME: '/h', PLLAN_PROFILE: 'work' }, none).PLLAN_STATE_DIR).toBe(
      '/h/.pllan-work',
    );
  });

  test('the flag beats PLLAN_PROFILE', () => {
    const env = { PLLAN_HOME: '/h', PLLAN_PROFILE: 'other' };
    expect(applyProfile(env, { profile: 'work', dev: false }).PLLAN_PROFILE).toBe('work');
  });

  test('a state dir that is set stays, and the config file follows it', () => {
    const env = { PLLAN_HOME: '/h', PLLAN_STATE_DIR: '/s' };
    expect(applyProfile(env, { profile: 'work', dev: false })).toMatchObject({
      PLLAN_STATE_DIR: '/s',
      PLLAN_CONFIG_PATH: '/s/pllan.json',
    });
  });

  test('a config path that is set stays', () => {
    const env = { PLLAN_HOME: '/h', PLLAN_CONFIG_PATH: '/c.json' };
    expect(applyProfile(env, { profile: 'work', dev: false })).toMatchObject({
      PLLAN_STATE_DIR: '/h/.pllan-work',
      PLLAN_CONFIG_PATH: '/c.json',
    });
  });

  test('--dev is the profile dev with a port of its own', () => {
    expect(applyProfile({ PLLAN_HOME: '/h' }, { profile: undefined, dev: true })).toEqual({
      PLLAN_HOME: '/h',
      PLLAN_PROFILE: 'dev',
      PLLAN_STATE_DIR: '/h/.pllan-dev',
      PLLAN_CONFIG_PATH: '/h/.pllan-dev/pllan.json',
      PLLAN_GATEWAY_PORT: '19001',
    });
  });

  test('--dev keeps a port that is set, and takes an empty one for unset', () => {
    const dev = { profile: undefined, dev: true };
    expect(applyProfile({ PLLAN_GATEWAY_PORT: '7' }, dev).PLLAN_GATEWAY_PORT).toBe('7');
    expect(applyProfile({ PLLAN_GATEWAY_PORT: '' }, dev).PLLAN_GATEWAY_PORT).toBe('19001');
  });

  test('--profile dev gets no port of its own', () => {
    expect(applyProfile({}, { profile: 'dev', dev: false }).PLLAN_GATEWAY_PORT).toBeUndefined();
  });

  test.each(['work', 'dev'])('--dev with --profile %s is refused', (profile) => {
    expect(() => applyProfile({}, { profile, dev: true })).toThrow('Cannot combine --dev with --profile');
  });

  test.each(['a b', '../x', '-x', '_x', 'x'.repeat(65), 'ä'])('the name %j is refused', (profile) => {
    const message = 'Invalid --profile (use letters, numbers, "_", "-" only)';
    expect(() => applyProfile({}, { profile, dev: false })).toThrow(message);
    expect(() => applyProfile({ PLLAN_PROFILE: profile }, none)).toThrow(message);
  });

  test.each(['a', 'Work-2', 'x_y', '0', 'x'.repeat(64)])('the name %j is accepted', (profile) => {
    expect(applyProfile({}, { profile, dev: false }).PLLAN_PROFILE).toBe(profile);
  });

  test('default equals no profile, also over PLLAN_PROFILE', () => {
    const applied = applyProfile(
      { PLLAN_HOME: '/h', PLLAN_PROFILE: 'work' },
      { profile: 'default', dev: false },
    );
    expect(applied).toEqual({ PLLAN_HOME: '/h', PLLAN_PROFILE: undefined });
  });
});
