import { expect, it } from 'vitest';
import { tailscaleCheck } from '../../../src/primary/auth/tailscale-identity.js';
import { servedTo } from '../../support/fake-tailscale.js';

const headers = servedTo('100.64.0.1', 'ann@example.com');
const check = tailscaleCheck(async () => 'ann@example.com');

it.each([
  ['127.0.0.1', 'ok'],
  ['::ffff:127.0.0.1', 'ok'],
  ['::1', 'ok'],
  ['192.168.1.5', 'tailscale_proxy_missing'],
  ['100.64.0.1', 'tailscale_proxy_missing'],
  ['unknown', 'tailscale_proxy_missing'],
])('believes the headers from this machine only: %s', async (peer, verdict) => {
  expect(await check({ peer, headers })).toBe(verdict);
});

it('asks about the address that the nearest proxy has written', async () => {
  const asked: string[] = [];
  const asking = tailscaleCheck(async (address) => void asked.push(address));
  const chained = { ...headers, 'x-forwarded-for': '100.64.0.9, 100.64.0.1' };
  expect(await asking({ peer: '::1', headers: chained })).toBe('tailscale_whois_failed');
  expect(asked).toEqual(['100.64.0.1']);
});
