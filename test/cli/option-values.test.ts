import { describe, expect, test } from 'vitest';
import {
  readAuthMode,
  readBindMode,
  readLogLevel,
  readPort,
  readTimeoutMs,
} from '../../src/cli/option-values.js';

describe('option values', () => {
  test.each([
    ['1', 1],
    ['18789', 18_789],
    ['65535', 65_535],
  ])('port %s', (text, port) => expect(readPort(text)).toBe(port));

  test.each(['0', '65536', '-1', '1.5', '0x10', '1e3', ' 1', '', 'abc'])('port %j is refused', (text) => {
    expect(() => readPort(text)).toThrow(/^Invalid port$/);
  });

  test('bind', () => {
    expect(readBindMode('lan')).toBe('lan');
    expect(() => readBindMode('0.0.0.0')).toThrow(
      'Invalid --bind (use "loopback", "lan", "tailnet", "auto", or "custom")',
    );
  });

  test('auth', () => {
    expect(readAuthMode('none')).toBe('none');
    expect(readAuthMode('trusted-proxy')).toBe('trusted-proxy');
    expect(() => readAuthMode('basic')).toThrow(
      'Invalid --auth (use "none", "token", "password", or "trusted-proxy")',
    );
  });

  test('log level', () => {
    expect(readLogLevel('debug')).toBe('debug');
    expect(() => readLogLevel('loud')).toThrow(
      'Invalid --log-level (use "silent", "fatal", "error", "warn", "info", "debug", or "trace")',
    );
  });

  test('timeout', () => {
    expect(readTimeoutMs(undefined)).toBe(10_000);
    expect(readTimeoutMs('250')).toBe(250);
    for (const text of ['0', '-1', 'soon', '', '1e3', '99999999999']) {
      expect(() => readTimeoutMs(text)).toThrow('Invalid --timeout (use a number of milliseconds)');
    }
  });
});
