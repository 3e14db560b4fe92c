/** Who a connection is from, with and without proxies (http.md §14). */
import { describe, expect, it } from 'vitest';
import { clientAddresses } from '../../../src/shared/auth/client-address.js';

const trustedProxies = ['10.0.0.0/8', '127.0.0.1', '2001:db8:1::/64'];
const clientOf = clientAddresses({ trustedProxies, allowRealIpFallback: false });
const withRealIp = clientAddresses({ trustedProxies, allowRealIpFallback: true });
const host = 'localhost';

describe('behind a trusted proxy the client is', () => {
  it.each<[string, Record<string, string>, string]>([
    ['the one that it names', { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
    [
      'the right-most, whatever the client made up',
      { 'x-forwarded-for': '1.1.1.1, 203.0.113.9' },
      '203.0.113.9',
    ],
    [
      'the right-most that is no proxy of ours',
      { 'x-forwarded-for': '203.0.113.9, 10.0.0.7,10.1.1.1' },
      '203.0.113.9',
    ],
    ['the farthest, when all are ours', { 'x-forwarded-for': '10.0.0.8, 10.0.0.7' }, '10.0.0.8'],
    ['the last that can be read', { 'x-forwarded-for': 'unknown, 10.0.0.7' }, '10.0.0.7'],
    ['named with a port', { 'x-forwarded-for': '203.0.113.9:4711' }, '203.0.113.9'],
    ['named as IPv6', { 'x-forwarded-for': '2001:db8::9' }, '2001:db8::9'],
    ['named as IPv6 with a port', { 'x-forwarded-for': '[2001:db8::9]:4711' }, '2001:db8::9'],
    ['named as IPv4 in IPv6', { 'x-forwarded-for': '::ffff:203.0.113.9' }, '203.0.113.9'],
    [
      'named in Forwarded',
      { forwarded: 'for=1.1.1.1, for=203.0.113.9;proto=https;by=10.0.0.1' },
      '203.0.113.9',
    ],
    ['named in Forwarded, quoted', { forwarded: 'proto=https; For="[2001:db8::9]:4711"' }, '2001:db8::9'],
    [
      'named in both',
      { forwarded: 'for=203.0.113.9', 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.7' },
      '203.0.113.9',
    ],
    [
      'named in one, where the other names proxies of ours',
      { forwarded: 'for=10.0.0.7', 'x-forwarded-for': '203.0.113.9' },
      '203.0.113.9',
    ],
    [
      'the proxy, when two are named: the client may have made up the header that the proxy does not write',
      { forwarded: 'for=203.0.113.9', 'x-forwarded-for': '1.1.1.1' },
      '10.0.0.1',
    ],
    ['the proxy, when nobody is named', { 'x-forwarded-proto': 'https' }, '10.0.0.1'],
    ['the proxy, when the name is hidden', { forwarded: 'for=_hidden' }, '10.0.0.1'],
    ['the proxy, when only X-Real-IP names one', { 'x-real-ip': '203.0.113.9' }, '10.0.0.1'],
  ])('%s', (_what, headers, address) => {
    expect(clientOf({ peer: '10.0.0.1', headers: { host, ...headers } })).toEqual({
      address,
      proxy: 'trusted',
      directLoopback: false,
    });
  });

  it('in X-Real-IP, where that is allowed and nothing better is said', () => {
    const read = (headers: Record<string, string>): string =>
      withRealIp({ peer: '2001:db8:1::5', headers }).address;
    expect(read({ 'x-real-ip': '203.0.113.9' })).toBe('203.0.113.9');
    expect(read({ 'x-real-ip': '203.0.113.9', 'x-forwarded-for': '203.0.113.10' })).toBe('203.0.113.10');
    expect(read({ 'x-real-ip': 'me' })).toBe('2001:db8:1::5');
  });
});

it('what another peer says counts for nothing, except that it is not a direct one', () => {
  for (const [peer, headers] of [
    ['192.0.2.1', { 'x-forwarded-for': '203.0.113.9' }],
    ['::1', { host, 'x-real-ip': '203.0.113.9' }],
    ['fe80::1%eth0', { forwarded: 'for=203.0.113.9' }],
  ] as const) {
    expect(withRealIp({ peer, headers })).toEqual({
      address: peer,
      proxy: 'untrusted',
      directLoopback: false,
    });
  }
});

it('without such headers it is the peer, also where that is a proxy', () => {
  expect(clientOf({ peer: '::ffff:127.0.0.1', headers: { host } })).toEqual({
    address: '127.0.0.1',
    proxy: 'none',
    directLoopback: true,
  });
  expect(clientOf({ peer: '10.0.0.1', headers: { host } })).toEqual({
    address: '10.0.0.1',
    proxy: 'none',
    directLoopback: false,
  });
});
