import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExactSecrets } from '../../../src/shared/log/exact-secrets.js';
import { createCanaries, inEveryForm } from '../../support/canaries.js';
import { createRedactor } from '../../../src/shared/log/redact.js';

const MASK = '***';
const hide = (secrets: readonly string[], text: string): string =>
  createExactSecrets(secrets).replace(text, () => MASK);

describe('exact secrets', () => {
  it.each([
    [['secret-01'], 'secret-01', '***'],
    [['secret-01'], 'a secret-01, secret-01!', 'a ***, ***!'],
    [['secret-01'], 'secret-0 and', 'secret-0 and'],
    [['secret-01-longer'], 'cut: secret-01', 'cut: ***'],
    [['secret-01-longer'], 'cut: secret-01… and more', 'cut: ***… and more'],
    [['secret-01-longer'], 'no cut: secret-02… and secret-01 and', 'no cut: secret-02… and secret-01 and'],
    [['secret-01', 'secret-01-longer'], 'secret-01-longer secret-01', '*** ***'],
    [['12345678', '45678abc'], '12345678abc', '***abc'],
    [['short'], 'short', 'short'],
    [['$&$1$`$$x'], 'a $&$1$`$$x b', 'a *** b'],
    [[], 'text', 'text'],
  ])('%j in %j: %j', (secrets, text, expected) => {
    expect(hide(secrets, text)).toBe(expected);
  });

  it('are found as others write them, for themselves and as part of something else', () => {
    for (const end of ['', '/+=', ' x y', '"q\\', 'é']) {
      const { make, foundIn } = createCanaries();
      const secret = make('secret', end);
      for (const before of ['', 'a', 'ab', 'user:'])
        for (const after of ['', ':', ':b'])
          expect(foundIn(hide([secret], inEveryForm(secret, before, after)))).toEqual([]);
    }
  });

  it('are never left in a text, wherever they stand in it', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(secret, { maxLength: 8 }),
        fc.array(fc.string(), { maxLength: 8 }),
        (secrets, parts) => {
          const text = parts.map((part, at) => part + (secrets[at % (secrets.length || 1)] ?? '')).join('');
          const shown = hide(secrets, text).split(MASK);
          for (const one of secrets) for (const part of shown) expect(part).not.toContain(one);
        },
      ),
    );
  });

  it('take work that grows with the text, not with their number', () => {
    const secrets = Array.from({ length: 4_096 }, (_, at) => `sk-proj-${'a'.repeat(1_000)}${at}`);
    const hostile = `${`sk-proj-${'a'.repeat(999)}`.repeat(60)} and more`;
    expect(hide(secrets, hostile)).toBe(hostile);
    expect(hide(secrets, `x${secrets.at(-1)}`)).toBe('x***');
    const apart = Array.from({ length: 4_096 }, (_, at) => `${at}-secret-secret`);
    const text = 'an ordinary line of a log '.repeat(40_000);
    expect(hide(apart, text)).toBe(text);
  });
});

describe('a redactor whose secrets change', () => {
  it('hides the new ones, and those before them until the next time', () => {
    const { text, hide: next } = createRedactor(['first-secret']);
    const all = 'first-secret second-secret third-secret';
    next(['second-secret']);
    expect(text(all, 1_000)).toBe('*** *** third-secret');
    next(['third-secret']);
    expect(text(all, 1_000)).toBe('first-secret *** ***');
  });

  it('leaves no piece of a long one where a text is cut', () => {
    const { text, hide: next } = createRedactor([]);
    const long = `begin-${'x'.repeat(500)}`;
    next([long]);
    for (let chars = 5; chars < 30; chars += 1)
      expect(text(`${'-'.repeat(20)}${long}${'-'.repeat(2_000)}`, chars)).not.toContain('begin-x');
  });
});

it.each([
  ['redis://user:pass-word@host:6379/0', 'redis://user:***@host:6379/0'],
  ['rediss://:a-password-of-some-length@host', 'rediss://:a-pass…ngth@host'],
  ['http://127.0.0.1:18789/x@y', 'http://127.0.0.1:18789/x@y'],
  ['listening on ws://127.0.0.1:18789 (PID 5)', 'listening on ws://127.0.0.1:18789 (PID 5)'],
])('%s', (raw, expected) => expect(createRedactor([]).text(raw, 1_000)).toBe(expected));

it('looks for patterns in time however a text is made', () => {
  const { text } = createRedactor([]);
  for (const piece of [
    '://a:',
    '://',
    'Bearer ',
    '"token": "\\',
    '-----BEGIN PRIVATE KEY-----',
    'A_TOKEN',
    'sk-',
    '--token ',
    '"a',
  ])
    expect(text(piece.repeat(20_000), 100_000).length).toBeGreaterThan(0);
});
