import { describe, expect, it } from 'vitest';
import {
  isDirectLoopback,
  isLoopbackAddress,
  isTailnetAddress,
  normalizeAddress,
  splitHost,
} from '../../../src/shared/auth/address.js';

it('one client has one address', () => {
  expect(normalizeAddress('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(normalizeAddress('::1')).toBe('::1');
  expect(normalizeAddress(undefined)).toBe('unknown');
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['127.evil.example', false],
])('%s is loopback: %s', (address, expected) => expect(isLoopbackAddress(address)).toBe(expected));

it.each([
  ['[::1]:80', '::1', '80'],
  ['localhost', 'localhost', ''],
  ['a.b:1', 'a.b', '1'],
])('splits host %s', (host, name, port) => expect(splitHost(host)).toEqual({ name, port }));

it('knows tailnet addresses', () => {
  expect(
    ['100.64.0.1', '100.127.255.255', '100.128.0.1', '100.64.0', 'fd7a::1'].map(isTailnetAddress),
  ).toEqual([true, true, false, false, false]);
});

describe('direct loopback', () => {
  it.each([
    ['127.0.0.1', { host: 'localhost:1' }, true],
    ['::1', { host: '[::1]:1' }, true],
    ['127.0.0.1', { host: 'gateway.example' }, false],
    ['127.0.0.1', {}, false],
    ['127.0.0.1', { host: 'localhost', 'x-forwarded-for': '1.2.3.4' }, false],
    ['127.0.0.1', { host: 'localhost', 'x-forwarded-server': 'proxy' }, false],
    ['127.0.0.1', { host: 'localhost', forwarded: 'for=1.2.3.4' }, false],
    ['127.0.0.1', { host: 'localhost', 'x-real-ip': '1.2.3.4' }, false],
    ['10.0.0.1', { host: 'localhost' }, false],
  ])('%s with %j: %s', (peer, headers, expected) =>
    expect(isDirectLoopback({ peer, headers })).toBe(expected),
  );
});
