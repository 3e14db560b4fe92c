import { expect, it } from 'vitest';
import { credentialCheck, digestCredential } from '../../../src/shared/auth/credential.js';

const secret = 'correct horse battery staple';

it('accepts the secret and nothing near it', () => {
  const matches = credentialCheck(digestCredential(secret));
  expect(matches(secret)).toBe(true);
  for (const other of ['', secret.slice(1), `${secret} `, secret.toUpperCase(), `${secret}${secret}`])
    expect(matches(other)).toBe(false);
});

it('compares text of any script and length', () => {
  for (const other of ['ключ 🔑', 'x'.repeat(1_000_000)]) {
    const matches = credentialCheck(digestCredential(other));
    expect(matches(other)).toBe(true);
    expect(matches(secret)).toBe(false);
  }
});

it('holds neither the secret nor the same digest twice', () => {
  const [one, two] = [digestCredential(secret), digestCredential(secret)];
  expect(one.digest).not.toBe(two.digest);
  expect(JSON.stringify(one)).not.toContain('horse');
  expect(credentialCheck(JSON.parse(JSON.stringify(one)) as typeof one)(secret)).toBe(true);
});
