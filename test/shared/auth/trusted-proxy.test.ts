/** Mode trusted-proxy: each condition, in the order in which they are checked (http.md §14). */
import { expect, it } from 'vitest';
import { trustedProxyCheck } from '../../../src/shared/auth/trusted-proxy.js';

const policy = {
  trustedProxies: ['10.0.0.1', '127.0.0.1'],
  userHeader: 'X-User',
  requiredHeaders: ['X-Verified'],
  allowUsers: ['ann@example.com'],
  allowLoopback: false,
};
const headers = { 'x-user': 'ann@example.com', 'x-verified': 'yes' };
const request = { peer: '10.0.0.1', headers };

it.each([
  ['no proxies', { trustedProxies: [] }, request, 'trusted_proxy_no_proxies_configured'],
  ['another peer', {}, { peer: '10.0.0.2', headers }, 'trusted_proxy_untrusted_source'],
  ['a proxy on this machine', {}, { peer: '127.0.0.1', headers }, 'trusted_proxy_loopback_source'],
  [
    'a required header that is missing',
    {},
    { peer: '10.0.0.1', headers: { 'x-user': 'ann@example.com' } },
    'trusted_proxy_missing_header_X-Verified',
  ],
  [
    'a required header that is blank',
    {},
    { peer: '10.0.0.1', headers: { ...headers, 'x-verified': ' ' } },
    'trusted_proxy_missing_header_X-Verified',
  ],
  ['no user', {}, { peer: '10.0.0.1', headers: { 'x-verified': 'yes' } }, 'trusted_proxy_user_missing'],
  [
    'another user',
    {},
    { peer: '10.0.0.1', headers: { ...headers, 'x-user': 'eve@example.com' } },
    'trusted_proxy_user_not_allowed',
  ],
  [
    'the header twice, as a client could add it before its proxy',
    {},
    { peer: '10.0.0.1', headers: { ...headers, 'x-user': 'ann@example.com, eve@example.com' } },
    'trusted_proxy_user_not_allowed',
  ],
])('%s', (_what, over, asked, reason) => {
  expect(trustedProxyCheck({ ...policy, ...over })(asked)).toBe(reason);
});

it.each([
  ['a user of the list', {}, request],
  [
    'any user without a list',
    { allowUsers: [] },
    { peer: '10.0.0.1', headers: { ...headers, 'x-user': 'eve' } },
  ],
  ['a proxy on this machine, where that is allowed', { allowLoopback: true }, { peer: '127.0.0.1', headers }],
  ['a proxy in a trusted network', { trustedProxies: ['10.0.0.0/24'] }, { peer: '10.0.0.77', headers }],
])('%s passes', (_what, over, asked) => {
  expect(trustedProxyCheck({ ...policy, ...over })(asked)).toBe(undefined);
});
