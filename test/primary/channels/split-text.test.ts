/** How a text that is too long for one message becomes several. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitText } from '../../../src/primary/channels/split-text.js';

const bytes = (text: string): number => Buffer.byteLength(text);

describe('a text that is too long', () => {
  it.each([
    ['fits', 'short', ['short']],
    ['is nothing', ' \n\n ', []],
    [
      'has paragraphs',
      `${'a '.repeat(25)}\n\n${'b '.repeat(25)}`,
      ['a '.repeat(25).trim(), 'b '.repeat(25).trim()],
    ],
    ['has lines', `${'a'.repeat(40)}\n${'b'.repeat(40)}`, ['a'.repeat(40), 'b'.repeat(40)]],
    ['has words', `${'a'.repeat(40)} ${'b'.repeat(40)}`, ['a'.repeat(40), 'b'.repeat(40)]],
    ['has one word', 'a'.repeat(100), ['a'.repeat(64), 'a'.repeat(36)]],
    [
      'has a short paragraph first',
      `Hi\n\n${'a'.repeat(40)}\n${'b'.repeat(40)}`,
      [`Hi\n\n${'a'.repeat(40)}`, 'b'.repeat(40)],
    ],
  ])('that %s', (_, text, parts) => expect(splitText(text, { max: 64 })).toEqual(parts));

  it('words behind one that is longer than a part stay apart', () =>
    expect(splitText(`${'a'.repeat(100)} b c`, { max: 64 })).toEqual([
      'a'.repeat(64),
      `${'a'.repeat(36)} b c`,
    ]));

  it('its code blocks are closed and opened again', () => {
    const lines = Array.from({ length: 6 }, (_, n) => `  line ${n} ${'x'.repeat(12)}`);
    const text = `Look:\n\`\`\`js\n${lines.join('\n')}\n\`\`\`\nDone.`;
    const parts = splitText(text, { max: 80 });
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.match(/^```/gm)?.length ?? 0).toSatisfy((n: number) => n % 2 === 0);
    for (const part of parts.slice(1, -1)) expect(part).toMatch(/^```js\n {2}line/);
    expect(parts.join('\n').match(/ {2}line \d/g)).toHaveLength(6);
    expect(parts.at(-1)).toMatch(/Done\.$/);
  });

  it('a character that people see as one stays whole', () => {
    const family = '👨‍👩‍👧‍👦';
    const parts = splitText(family.repeat(20), { max: 64, measure: bytes });
    expect(parts.join('')).toBe(family.repeat(20));
    for (const part of parts) expect(part.replaceAll(family, '')).toBe('');
  });
});

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('\n', '\n\n', ' ', '  x', '```', '\n```js\n', '\n~~~~\n', '\n```\n'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 60, maxLength: 300 }) },
);
const texts = fc.array(piece, { maxLength: 40 }).map((all) => all.join(''));
const solid = (text: string): string => text.replaceAll(/\s/g, '');
/** Whether all of `text` is in `whole`, in order. */
const isWithin = (text: string, whole: string): boolean => {
  let at = 0;
  for (const unit of whole) if (text.startsWith(unit, at)) at += unit.length;
  return at === text.length;
};

describe('any text', () => {
  it('every part fits, nothing is lost, nothing is broken in half', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 64, max: 200 }), fc.boolean(), (text, max, inBytes) => {
        const measure = inBytes ? bytes : (one: string) => one.length;
        const parts = splitText(text, { max, measure });
        for (const part of parts) {
          expect(measure(part)).toBeLessThanOrEqual(max);
          expect(part.trim()).not.toBe('');
          expect(Buffer.from(part).toString()).toBe(part);
        }
        const sent = solid(parts.join('\n'));
        // Lines that close and open code blocks come in addition.
        if (/`{3}|~{3}/.test(text)) expect(isWithin(solid(text), sent)).toBe(true);
        else expect(sent).toBe(solid(text));
      }),
      { numRuns: 500 },
    );
  });
});
