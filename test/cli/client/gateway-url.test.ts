import { describe, expect, test } from 'vitest';
import {
  displayUrl,
  parseGatewayUrl,
  portOf,
  requireSafeTransport,
} from '../../../src/cli/client/gateway-url.js';

describe('gateway URLs', () => {
  test.each(['http://x', 'x', '', 'ws://', 'ftp://x'])('%j is refused', (text) => {
    expect(() => parseGatewayUrl(text)).toThrow(
      'Invalid gateway URL (use ws://host:port or wss://host:port)',
    );
  });

  test('a refused URL is shown without what may be secret', () => {
    expect(() => parseGatewayUrl('http://u:pw@x/?token=s')).toThrow(/: http:\/\/x$/);
  });

  test('are shown without user, password, query and fragment', () => {
    expect(displayUrl(parseGatewayUrl('ws://u:pw@localhost:1/a?token=s#t'))).toBe('ws://localhost:1/a');
    expect(displayUrl(parseGatewayUrl('ws://localhost:1'))).toBe('ws://localhost:1');
  });

  test('have a port, written or not', () => {
    expect(['ws://x:1', 'ws://x', 'wss://x'].map((text) => portOf(parseGatewayUrl(text)))).toEqual([
      1, 80, 443,
    ]);
  });
});

describe('plain ws://', () => {
  const check = (text: string, env = {}) => requireSafeTransport(parseGatewayUrl(text), env);

  test.each(['ws://127.0.0.1:1', 'ws://localhost:1', 'ws://[::1]:1', 'wss://example.com'])(
    '%s is fine',
    (text) => {
      expect(() => check(text)).not.toThrow();
    },
  );

  test.each(['ws://203.0.113.5:1', 'ws://example.com', 'ws://[2001:db8::1]:1', 'ws://127.0.0.1.example.com'])(
    '%s is refused, with and without the opt-in',
    (text) => {
      const message = `SECURITY ERROR: Gateway URL "${text}" uses plaintext ws:// to a non-loopback address.`;
      expect(() => check(text)).toThrow(message);
      expect(() => check(text, { PLLAN_ALLOW_INSECURE_PRIVATE_WS: '1' })).toThrow(message);
    },
  );

  test.each([
    'ws://10.255.254.1:1',
    'ws://192.168.213.7',
    'ws://172.31.254.1',
    'ws://169.254.254.1',
    'ws://100.64.1.2',
    'ws://[fd00::99]:1',
  ])('%s needs the opt-in', (text) => {
    expect(() => check(text)).toThrow('SECURITY ERROR');
    expect(() => check(text, { PLLAN_ALLOW_INSECURE_PRIVATE_WS: '1' })).not.toThrow();
  });
});
