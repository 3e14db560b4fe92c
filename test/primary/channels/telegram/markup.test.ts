/** Markdown of models as Telegram's HTML: it is read by the rules of Telegram's server, which refuse what is not whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { telegramHtml } from '../../../../src/primary/channels/telegram/markup.js';
import { readHtml } from '../../../support/fake-bot-api/markup.js';

describe('markdown', () => {
  it.each([
    ['plain text, 1 < 2 & 3 > 2', 'plain text, 1 &lt; 2 &amp; 3 &gt; 2'],
    ['**bold** and __bold__', '<b>bold</b> and <b>bold</b>'],
    ['*italic* and _italic_', '<i>italic</i> and <i>italic</i>'],
    ['***both***', '<b><i>both</i></b>'],
    ['**bold with *italic* in it**', '<b>bold with <i>italic</i> in it</b>'],
    ['~~gone~~ ||secret||', '<s>gone</s> <tg-spoiler>secret</tg-spoiler>'],
    ['`a < b` and ``a ` b``', '<code>a &lt; b</code> and <code>a ` b</code>'],
    ['`**not bold**`', '<code>**not bold**</code>'],
    ['snake_case_name and 2*3*4 = 24', 'snake_case_name and 2<i>3</i>4 = 24'],
    ['a * b * c, 5 ** 2', 'a * b * c, 5 ** 2'],
    ['**never closed', '**never closed'],
    ['\\*literal\\*', '*literal*'],
    [
      '[a *link*](https://example.org/?a=1&b="2")',
      '<a href="https://example.org/?a=1&amp;b=&quot;2&quot;">a <i>link</i></a>',
    ],
    [
      '[paired](https://en.wikipedia.org/wiki/A_(b)) on',
      '<a href="https://en.wikipedia.org/wiki/A_(b)">paired</a> on',
    ],
    ['![picture](https://example.org/a.png)', '<a href="https://example.org/a.png">picture</a>'],
    ['[no](javascript:alert(1)) and [no](/relative)', '[no](javascript:alert(1)) and [no](/relative)'],
    ['# Title **bold** #', '<b>Title bold</b>'],
    ['#hashtag', '#hashtag'],
    ['- one\n  * two\n+ three\n1. four', '• one\n  • two\n• three\n1. four'],
    ['> said\n> twice\nthen', '<blockquote>said\ntwice</blockquote>\nthen'],
    ['---', '———'],
    ['| a | b |\n|---|---|\n| 1 | 2 |\nend', '<pre>| a | b |\n|---|---|\n| 1 | 2 |</pre>\nend'],
    [
      '```js\nif (a < b) **x**\n```\nend',
      '<pre><code class="language-js">if (a &lt; b) **x**</code></pre>\nend',
    ],
    ['```\nnever closed', '<pre>never closed</pre>'],
    ['~~~\n```\n~~~', '<pre>```</pre>'],
    ['<b>raw</b>', '&lt;b&gt;raw&lt;/b&gt;'],
  ])('%j', (markdown, html) => expect(telegramHtml(markdown)).toBe(html));

  it('of any kind is whole HTML, and what is seen of it no longer', () => {
    const pieces = '* ** _ __ ` ``` ~~ || [ ]( ) ! \\ < & > # - | |-| --- " word https://a.org 😀'.split(' ');
    const piece = fc.constantFrom(...pieces, ' ', '\n', '- ', '# ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const markdown = pieces.join('');
        expect(readHtml(telegramHtml(markdown)).text.length).toBeLessThanOrEqual(markdown.length);
      }),
      { numRuns: 2_000 },
    );
  });
});
