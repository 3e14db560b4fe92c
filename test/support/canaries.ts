/** Secrets that a test can recognise wherever they turn up, in whatever form: all begin alike, and each has its number. */
import { randomBytes } from 'node:crypto';

/** So long that a mask, which keeps six characters of a secret, shows none of the numbers behind it. */
const START = 'Cnry7x';

export interface Canaries {
  /** A new one; `end` is for characters that are written differently in some places. */
  make(name: string, end?: string): string;
  readonly count: number;
  /** Names of those that are in a text, each with the form in which it is there. */
  foundIn(text: string): string[];
}

/** What a secret's beginning becomes: `\d\d` are its number, which no mask shows. */
const forms: readonly (readonly [form: string, pattern: RegExp])[] = [
  ['as it is', new RegExp(`${START}(\\d\\d)`, 'g')],
  ['as hex', new RegExp(`${Buffer.from(START).toString('hex')}3(\\d)3(\\d)`, 'gi')],
  // Of six bytes, in three places of a group of three: only what its neighbours do not change.
  ['as base64', /Q25yeTd4..../g],
  ['as base64', /cnk3eD.../g],
  ['as base64', /bnJ5N3g../g],
  ['as UTF-16', new RegExp(`${START.split('').join('\0')}\0(\\d)\0(\\d)`, 'g')],
];

export function createCanaries(): Canaries {
  const names: string[] = [];
  const nameOf = (digits: readonly unknown[]): string => {
    const number = digits.filter((digit) => typeof digit === 'string').join('');
    return (number === '' ? undefined : names[Number(number)]) ?? 'one of them';
  };
  return {
    make(name, end = '') {
      const number = String(names.push(name) - 1).padStart(2, '0');
      return `${START}${number}${randomBytes(9).toString('hex')}${end}`;
    },
    get count() {
      return names.length;
    },
    foundIn(text) {
      const found = forms.flatMap(([form, pattern]) =>
        [...text.matchAll(pattern)].map(([, ...digits]) => `${nameOf(digits)} ${form}`),
      );
      return [...new Set(found)].sort();
    },
  };
}

/** A secret in every form in which programs repeat what they were given, alone and between something else. */
export function inEveryForm(secret: string, before = 'user:', after = ''): string {
  return [secret, `${before}${secret}${after}`]
    .map((text) => Buffer.from(text))
    .flatMap((bytes) => [
      bytes.toString(),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      encodeURIComponent(bytes.toString()),
      JSON.stringify(bytes.toString()),
    ])
    .join(' ');
}
