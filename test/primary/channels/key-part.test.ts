import { expect, it } from 'vitest';
import { keyPart } from '../../../src/primary/channels/inbound/key-part.js';

it.each([
  '7',
  '-100200300',
  'ann',
  '#our-room',
  'ann@example.com',
  'a b',
  'ann~1',
  'ünïcode',
  'x'.repeat(128),
])('the ordinary id %j stays as it is', (id) => {
  expect(keyPart(id)).toBe(id);
});

it('no two ids are one', () => {
  const ids = [
    'ann',
    'Ann',
    'ANN',
    ' ann',
    'ann ',
    'a:n',
    'a_n',
    'A:n',
    'g:thread:5',
    'g_thread_5',
    '',
    'İ',
    'i̇',
  ];
  const long = ['x'.repeat(200), `${'x'.repeat(199)}y`];
  const made = [...ids, ...long].map((id) => keyPart(id));
  // Somebody may be called as another's part is.
  const imitated = made.map((part) => keyPart(part));
  const parts = new Set([...made, ...imitated]);
  const ordinaries = made.filter((part) => [...ids, ...long].includes(part)).length;
  expect(parts.size).toBe(made.length + imitated.length - ordinaries);
  for (const part of parts) expect(part).toMatch(/^[^:]{1,130}$/);
  for (const part of parts) expect(part.trim().toLowerCase()).toBe(part);
});

it('where case does not matter, capitals change nothing', () => {
  expect(keyPart('#Our-Room', { caseless: true })).toBe('#our-room');
});
