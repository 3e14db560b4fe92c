/** What is sent of an answer, whatever the pieces are in which it came (runs-and-events.md §3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonText } from '../../../src/primary/sessions/json-text.js';
import { anyCharacter } from '../../support/any-character.js';

/** Characters that JSON or UTF-8 treat in their own way, halves of pairs among them. */
const odd = fc.constantFrom(
  '"',
  '\\',
  '\n',
  '\u0000',
  '\u2028',
  'é',
  '€',
  '😀',
  '\ud83d',
  '\ude00',
  '</script>',
);
const pieces = fc.array(fc.oneof(odd, fc.string({ unit: anyCharacter })), { maxLength: 40 });
const parsed = (bytes: Uint8Array): unknown => JSON.parse(`"${Buffer.from(bytes).toString('utf8')}"`);

describe('a text that grows', () => {
  it('reads as the whole after each piece', () => {
    fc.assert(
      fc.property(pieces, (all) => {
        const text = new JsonText();
        let whole = '';
        for (const piece of all) {
          text.append(piece);
          whole += piece;
          expect(parsed(text.bytes)).toBe(JSON.parse(JSON.stringify(whole)));
        }
      }),
    );
  });

  it('reads as the whole when it is read only sometimes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(odd, fc.boolean()), { maxLength: 40 }), (all) => {
        const text = new JsonText();
        for (const [piece, read] of all) {
          text.append(piece);
          if (read) void text.bytes;
        }
        expect(parsed(text.bytes)).toBe(all.map(([piece]) => piece).join(''));
      }),
    );
  });

  it('what has been read stays as it was', () => {
    const text = new JsonText();
    text.append('one');
    const before = text.bytes;
    text.append(' two'.repeat(1_000));
    expect(parsed(text.bytes)).toBe(`one${' two'.repeat(1_000)}`);
    expect(parsed(before)).toBe('one');
  });
});
