import { expect, it } from 'vitest';
import { sign, signatureCheck, signingKey } from '../../../src/shared/channels/standard-webhooks.js';

const NOW = 1_700_000_000;
const keyOf = (secret: string): string => signingKey(secret) ?? '';
const key = keyOf('first');
const other = keyOf('second');
const signed = { id: 'msg_1', seconds: NOW };

const matches = (
  headers: Readonly<Record<string, string | undefined>>,
  body = '{}',
  now = NOW,
  keys: readonly string[] = [key],
): boolean => signatureCheck(keys, headers, now)?.(body) ?? false;

it('signs as the specification’s own example does', () => {
  const headers = sign(
    '{"test": 2432232314}',
    { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1_614_265_330 },
    [keyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
  );
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

it('takes what was signed, and that only', () => {
  const headers = sign('{}', signed, [key]);
  expect(matches(headers)).toBe(true);
  expect(matches(headers, '{} ')).toBe(false);
  expect(matches({ ...headers, 'webhook-id': 'msg_2' })).toBe(false);
  expect(matches({ ...headers, 'webhook-timestamp': String(NOW + 1) })).toBe(false);
  expect(matches(headers, '{}', NOW, [other])).toBe(false);
});

it('takes either secret while one takes the other’s place, on both sides', () => {
  expect(matches(sign('{}', signed, [key]), '{}', NOW, [other, key])).toBe(true);
  expect(matches(sign('{}', signed, [other, key]))).toBe(true);
});

it.each([-300, 0, 300])('allows clocks that are %d s apart', (seconds) => {
  expect(matches(sign('{}', { id: 'a', seconds: NOW + seconds }, [key]))).toBe(true);
});

it.each([-301, 301])('allows no clocks that are %d s apart', (seconds) => {
  expect(signatureCheck([key], sign('{}', { id: 'a', seconds: NOW + seconds }, [key]), NOW)).toBeUndefined();
});

it.each([
  ['no id', { 'webhook-id': undefined }],
  ['an id with a dot', { 'webhook-id': 'a.b' }],
  ['an id that is too long', { 'webhook-id': 'a'.repeat(257) }],
  ['no time', { 'webhook-timestamp': undefined }],
  ['a time that is no number', { 'webhook-timestamp': `${NOW}.0` }],
  ['no signature', { 'webhook-signature': undefined }],
  ['a signature of another version only', { 'webhook-signature': 'v1a,AAAA' }],
])('asks for no body when there is %s', (_what, over) => {
  expect(signatureCheck([key], { ...sign('{}', signed, [key]), ...over }, NOW)).toBeUndefined();
});

it('finds no key in a secret that has none', () => {
  expect(signingKey('whsec_')).toBeUndefined();
});
