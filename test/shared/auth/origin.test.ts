import { expect, it } from 'vitest';
import { checkOrigin } from '../../../src/shared/auth/origin.js';

const policy = { allowedOrigins: [] as string[], allowHostHeaderFallback: false };

it.each([
  ['http://localhost:5173', '127.0.0.1:18789', '127.0.0.1', true],
  ['http://127.0.0.1:9', 'localhost:1', '::1', true],
  ['http://[::1]:9', 'localhost:1', '127.0.0.1', true],
  ['http://localhost:5173', 'gateway.example', '203.0.113.7', false],
  ['http://192.168.1.5:18789', '192.168.1.5:18789', '192.168.1.9', true],
  ['http://192.168.1.5:18789', '192.168.1.6:18789', '192.168.1.9', false],
  ['https://box.tail1.ts.net', 'box.tail1.ts.net', '100.64.0.9', true],
  ['http://desk.local:1', 'desk.local:1', '192.168.1.9', true],
  ['https://evil.example', 'evil.example', '127.0.0.1', false],
  ['https://localhost.evil.example', 'localhost:1', '127.0.0.1', false],
  ['null', 'localhost:1', '127.0.0.1', false],
  [undefined, 'localhost:1', '127.0.0.1', false],
  ['not a url', 'localhost:1', '127.0.0.1', false],
])('origin %s at host %s from %s: %s', (origin, host, peer, ok) => {
  expect(checkOrigin({ origin, host, peer }, policy).ok).toBe(ok);
});

it('takes what the operator allows', () => {
  const request = { origin: 'https://App.Example', host: 'gateway.example', peer: '203.0.113.7' };
  expect(checkOrigin(request, { ...policy, allowedOrigins: ['https://app.example/'] }).ok).toBe(true);
  expect(checkOrigin(request, { ...policy, allowedOrigins: ['*'] }).ok).toBe(true);
  expect(
    checkOrigin({ ...request, host: 'app.example' }, { ...policy, allowHostHeaderFallback: true }).ok,
  ).toBe(true);
});
