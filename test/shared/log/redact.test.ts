import { describe, expect, it } from 'vitest';
import { createRedactor, mask } from '../../../src/shared/log/redact.js';
import { logLimits } from '../../../src/shared/log/limits.js';

const SECRET = 'exact-secret-value-of-this-process';
const { text, fields } = createRedactor([SECRET]);
const clean = (raw: string): string => text(raw, logLimits.messageChars);

it.each([
  ['Authorization: Bearer abcdefghijklmnopqrstuvwxyz', 'Authorization: Bearer abcdef…wxyz'],
  ['key sk-abcdefghijklmnopqrst', 'key sk-abc…qrst'],
  ['pllan gateway --token hunter2', 'pllan gateway --token ***'],
  ['pllan gateway --token token', 'pllan gateway --token ***'],
  ['OPENAI_API_KEY=sk-1 set', 'OPENAI_API_KEY=*** set'],
  ['MY_TOKEN=TOKEN', 'MY_TOKEN=***'],
  ['{"token": "abc"}', '{"token": "***"}'],
  [String.raw`{"token": "abc\"def", "a": 1}`, '{"token": "***", "a": 1}'],
  [`it is ${SECRET}`, 'it is exact-…cess'],
  [
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\n-----END PRIVATE KEY----- and more',
    '-----BEGIN PRIVATE KEY-----\nMIIEv…kqh\n-----END PRIVATE KEY----- and more',
  ],
  ['-----BEGIN EC PRIVATE KEY-----\nMIIEvQIB', '-----BEGIN EC PRIVATE KEY-----***'],
  [
    '-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0\n\nMIIEvQIB\n-----END RSA PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----\nDEK-I…QIB\n-----END RSA PRIVATE KEY-----',
  ],
  ['nothing to hide', 'nothing to hide'],
])('%s', (raw, expected) => expect(clean(raw)).toBe(expected));

it('hides fields by their name, at any depth, but not counts', () => {
  expect(
    fields({ apiKey: 'abc', nested: { gatewayToken: 'abc', note: 'fine' }, maxTokens: 5, totalTokens: '7' }),
  ).toEqual({
    apiKey: '***',
    nested: { gatewayToken: '***', note: 'fine' },
    maxTokens: 5,
    totalTokens: '7',
  });
});

it('keeps ends only of long secrets', () => {
  expect(mask('seventeen-letters')).toBe('***');
  expect(mask('eighteen-letters!!')).toBe('eighte…rs!!');
});

it('hides a secret whole, whatever characters it has and whichever other one it contains', () => {
  const secrets = ['$&-$`-$1-and-some-more', 'short-one', 'short-one-that-goes-on-and-on'];
  const redactor = createRedactor(secrets);
  expect(redactor.text(secrets.join(' '), 1_000)).toBe('$&-$`-…more *** short-…d-on');
});

describe('text over the limit', () => {
  it('is cut, with a mark', () => {
    expect(text('abcdef', 6)).toBe('abcdef');
    expect(text('abcdefg', 6)).toBe('abcdef…');
    expect(text(`abcde${' '.repeat(10_000)}`, 6)).toBe('abcde …');
    expect(text(`${SECRET} `.repeat(1_000), 400)).toMatch(/^(exact-…cess )+[a-z…-]*…$/);
  });

  it('is cut in fields as well, also in nested ones', () => {
    const { userAgent, nested } = fields({ userAgent: 'x'.repeat(1e6), nested: { list: ['y'.repeat(1e6)] } });
    expect(userAgent).toBe(`${'x'.repeat(logLimits.fieldChars)}…`);
    expect((nested as { list: string[] }).list[0]).toHaveLength(logLimits.fieldChars + 1);
  });

  it.each([
    ['a known secret', '', SECRET, ''],
    ['a bearer token', 'Bearer ', 'QRSTUVWXYZabcdefghijkl0123456789', ' '],
    ['a key by its prefix', '', 'sk-QRSTUVWXYZabcdefghijkl0123456789', ' '],
    ['a value in JSON', '{"password":"', 'QRSTUVWXYZ abcdefghijkl 0123456789', '"}'],
    ['a variable', 'API_KEY=', 'QRSTUVWXYZabcdefghijkl0123456789', ' '],
    ['a private key', '-----BEGIN PRIVATE KEY-----', 'QRSTUVWXYZ0123456789'.repeat(10), '-----END'],
  ])('shows nothing of %s at the cut', (_what, before, secret, after) => {
    const limit = 1_000;
    // What a mask keeps, and no more.
    const pieces = Array.from({ length: secret.length - 6 }, (_, i) => secret.slice(i, i + 7));
    // Masks in front of it are shorter than what they stand for: what was behind the cut must not move up.
    for (const front of ['', `${SECRET} `.repeat(8)]) {
      for (let at = 0; at <= before.length + secret.length + 5; at += 1) {
        const filler = '.'.repeat(limit - front.length - at);
        const shown = text(`${front}${filler} ${before}${secret}${after}${'.'.repeat(5_000)}`, limit);
        expect(pieces.filter((piece) => shown.includes(piece))).toEqual([]);
      }
    }
  });
});

describe('hostile text', () => {
  const MEGABYTE = 1024 * 1024;
  const fill = (piece: string): string => piece.repeat(Math.ceil(MEGABYTE / piece.length));

  it.each([
    ['heads of keys', fill('-----BEGIN PRIVATE KEY-----')],
    ['keys that never end', fill('-----BEGIN PRIVATE KEY-----\n-----END ')],
    ['a head without an end', `-----BEGIN ${fill('A ')}`],
    ['one Bearer and spaces', `Bearer ${fill(' ')}`],
    ['many Bearers', fill('Bearer ')],
    ['names in JSON', fill('"token" ')],
    ['names and colons in JSON', fill('"token":"')],
    ['a value in JSON that never ends', `"token":"${fill('x')}`],
    ['a name in JSON that never ends', `"${fill('token')}`],
    ['letters after a quote', `"${fill('a')}`],
    ['a name in JSON and spaces', `"token"${fill(' ')}`],
    ['a long name of a variable', fill('TOKEN')],
    ['many names of variables', fill('_TOKEN-')],
    ['heads of provider keys', fill('sk-')],
    ['secrets but for their last letter', fill(SECRET.slice(0, -1))],
  ])('takes time in proportion to its length: %s', (_what, hostile) => {
    const startedAt = performance.now();
    text(hostile, Number.POSITIVE_INFINITY);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

it('hides what the config names as well: of a match with groups the last one', () => {
  const redactor = createRedactor([]);
  const use = (...redactPatterns: string[]): void =>
    redactor.usePatterns({ redactSensitive: 'tools', redactPatterns });
  use(String.raw`badge-\d+`, '(card) ([0-9]+)', 'x*');
  const show = (raw: string): string => redactor.text(raw, 1_000);
  expect(show('badge-12 and card 4111111111111111111')).toBe('*** and card 411111…1111');
  use();
  expect(show('badge-12')).toBe('badge-12');
});

it('with redactSensitive off looks alone hide nothing: known values, names of keys and own patterns do', () => {
  const redactor = createRedactor([SECRET]);
  redactor.usePatterns({ redactSensitive: 'off', redactPatterns: [String.raw`badge-\d+`] });
  const line = 'Bearer abcdefghijklmnop --token x';
  expect(redactor.text(line, 1_000)).toBe(line);
  expect(redactor.text(`it is ${SECRET}, badge-12`, 1_000)).not.toMatch(new RegExp(`${SECRET}|badge-12`));
  expect(redactor.fields({ token: 'short-one' })).toEqual({ token: '***' });
});
