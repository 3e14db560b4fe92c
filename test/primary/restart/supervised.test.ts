import { describe, expect, it } from 'vitest';
import { isSupervised } from '../../../src/primary/restart/supervised.js';

const PID = 4_711;

describe('somebody starts the gateway anew when it ends', () => {
  it.each([
    ['a unit of ours', { PLLAN_SERVICE_MARKER: 'pllan' }],
    ['systemd, which has started this very process', { SYSTEMD_EXEC_PID: '4711', INVOCATION_ID: 'a1' }],
    ['launchd', { XPC_SERVICE_NAME: 'ai.pllan.gateway' }],
    ['launchd, for a profile', { XPC_SERVICE_NAME: 'ai.pllan.work', PLLAN_PROFILE: 'work' }],
    [
      'launchd, under another name',
      { XPC_SERVICE_NAME: 'org.example.gateway', PLLAN_LAUNCHD_LABEL: 'org.example.gateway' },
    ],
  ])('%s', (_who, env) => {
    expect(isSupervised(env, PID)).toBe(true);
    expect(isSupervised({ ...env, PLLAN_NO_RESPAWN: '1' }, PID)).toBe(false);
  });

  it.each([
    ['a shell', {}],
    ['a terminal that systemd has started', { SYSTEMD_EXEC_PID: '99', INVOCATION_ID: 'a1' }],
    ['a terminal of macOS', { XPC_SERVICE_NAME: 'application.com.apple.Terminal.1' }],
    ['the task scheduler', { PLLAN_SERVICE_MARKER: 'pllan', PLLAN_WINDOWS_TASK_NAME: 'pllan Gateway' }],
  ])('not %s', (_who, env) => {
    expect(isSupervised(env, PID)).toBe(false);
  });
});
