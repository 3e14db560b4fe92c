/** What of an answer may be shown, and when (runs-and-events.md §3.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunText } from '../../src/shared/run-text.js';

function shownOf(pieces: readonly string[]): {
  readonly shown: string[];
  readonly rest: string;
  readonly text: RunText;
} {
  const text = new RunText();
  const shown = pieces.map((piece) => {
    text.add(piece);
    return text.take();
  });
  return { shown, rest: text.rest(), text };
}

describe('the text of a run', () => {
  it('what might become NO_REPLY is held back until it is something else', () => {
    expect(shownOf(['NO', '_RE', 'ADY', ' yet']).shown).toEqual(['', '', 'NO_READY', ' yet']);
  });

  it('an answer that is NO_REPLY is never shown', () => {
    const { shown, rest, text } = shownOf([' NO_', 'REPLY', '\n']);
    expect([shown.join(''), rest, text.shown]).toEqual(['', '', '']);
  });

  it('an answer that stops half-way to NO_REPLY is shown at its end', () => {
    expect(shownOf(['NO_', 'REP'])).toMatchObject({ shown: ['', ''], rest: 'NO_REP' });
  });

  it('a character is never cut in two', () => {
    expect(shownOf(['a\ud83d', '\ude00b'])).toMatchObject({ shown: ['a', '😀b'], rest: '' });
    expect(shownOf(['a\ud83d'])).toMatchObject({ shown: ['a'], rest: '\ud83d' });
  });

  it('all that is shown, in order, is all that was said', () => {
    const said = fc.array(fc.constantFrom('NO_', 'REPLY', ' ', 'x', '\ud83d', '\ude00', '😀'), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(said, (pieces) => {
        const { shown, rest, text } = shownOf(pieces);
        expect(shown.join('') + rest).toBe(text.shown);
        expect([pieces.join(''), '']).toContain(text.shown);
      }),
    );
  });

  it('messages are shown with a blank line between, those that say nothing are left out', () => {
    const text = new RunText();
    const shown: string[] = [];
    for (const message of ['one', 'NO_REPLY', '', 'two', 'NO_']) {
      text.add(message);
      shown.push(text.take(), text.endMessage());
    }
    text.add('three');
    shown.push(text.take());
    expect(shown.join('')).toBe('one\n\ntwo\n\nNO_\n\nthree');
    expect([text.shown, text.message]).toEqual([shown.join(''), 'three']);
  });
});
