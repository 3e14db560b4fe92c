/** Markdown within a line as Telegram's HTML: what is opened is closed, and all that is no markup is escaped. */

export function inlineHtml(text: string): string {
  return rendered(text, new Set());
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

type Tag = 'b' | 'i' | 's' | 'tg-spoiler' | 'a';

/** Marks around a span, longer ones first; one of letters' kind counts only where no word goes on. */
const spans: readonly { readonly mark: string; readonly tag: Tag; readonly atWords: boolean }[] = [
  { mark: '**', tag: 'b', atWords: false },
  { mark: '__', tag: 'b', atWords: true },
  { mark: '~~', tag: 's', atWords: false },
  { mark: '||', tag: 'tg-spoiler', atWords: false },
  { mark: '*', tag: 'i', atWords: false },
  { mark: '_', tag: 'i', atWords: true },
];

interface Piece {
  readonly html: string;
  /** Where the text goes on. */
  readonly end: number;
}

/** @param inside tags that are open already: none is put into itself */
function rendered(text: string, inside: ReadonlySet<Tag>): string {
  const unclosed = new Set<string>();
  let html = '';
  let plainFrom = 0;
  for (let at = 0; at < text.length;) {
    const piece = special.has(text[at] ?? '') ? pieceAt(text, at, inside, unclosed) : undefined;
    if (!piece) {
      at += 1;
      continue;
    }
    html += escaped(text.slice(plainFrom, at)) + piece.html;
    at = piece.end;
    plainFrom = at;
  }
  return html + escaped(text.slice(plainFrom));
}

const special: ReadonlySet<string> = new Set('\\`![*_~|');

function pieceAt(
  text: string,
  at: number,
  inside: ReadonlySet<Tag>,
  unclosed: Set<string>,
): Piece | undefined {
  const sign = text[at];
  if (sign === '\\') return literal(text, at);
  if (sign === '`') return code(text, at);
  if (sign === '!' || sign === '[') return link(text, at, inside);
  return span(text, at, inside, unclosed);
}

function literal(text: string, at: number): Piece | undefined {
  const next = text[at + 1] ?? '';
  return /[!-/:-@[-`{-~]/.test(next) ? { html: escaped(next), end: at + 2 } : undefined;
}

function code(text: string, at: number): Piece {
  let start = at;
  while (text[start] === '`') start += 1;
  const mark = text.slice(at, start);
  let close = text.indexOf(mark, start);
  // A longer run is not the end.
  while (close >= 0 && text[close + mark.length] === '`') {
    while (text[close] === '`') close += 1;
    close = text.indexOf(mark, close);
  }
  if (close < 0) return { html: mark, end: start };
  const inner = text.slice(start, close);
  const trimmed = inner.startsWith(' ') && inner.endsWith(' ') && inner.trim() ? inner.slice(1, -1) : inner;
  return { html: `<code>${escaped(trimmed)}</code>`, end: close + mark.length };
}

/** Of a picture the link remains. */
function link(text: string, at: number, inside: ReadonlySet<Tag>): Piece | undefined {
  const open = text[at] === '!' ? at + 1 : at;
  if (text[open] !== '[' || inside.has('a')) return undefined;
  const middle = text.indexOf('](', open);
  if (middle < 0) return undefined;
  const close = closingParenthesis(text, middle + 2);
  if (close < 0) return undefined;
  const [target = ''] = text
    .slice(middle + 2, close)
    .trim()
    .split(/\s/, 1);
  if (!/^(?:https?:\/\/|tg:\/\/|mailto:)/i.test(target)) return undefined;
  const label = rendered(text.slice(open + 1, middle), new Set([...inside, 'a'])) || escaped(target);
  return { html: `<a href="${escaped(target).replaceAll('"', '&quot;')}">${label}</a>`, end: close + 1 };
}

/** Addresses may have parentheses in them, in pairs. */
function closingParenthesis(text: string, from: number): number {
  let depth = 0;
  const last = Math.min(text.length, from + longestTarget);
  for (let at = from; at < last; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')' && depth === 0) return at;
    else if (text[at] === ')') depth -= 1;
  }
  return -1;
}

/** Of a link, with its title. */
const longestTarget = 2_048;

/** @param unclosed marks that do not occur as an end any more: looked for anew each time, they would cost their square */
function span(text: string, at: number, inside: ReadonlySet<Tag>, unclosed: Set<string>): Piece | undefined {
  for (const { mark, tag, atWords } of spans) {
    if (!text.startsWith(mark, at) || inside.has(tag) || unclosed.has(mark)) continue;
    const start = at + mark.length;
    if (isSpace(text[start]) || (atWords && isWord(text[at - 1]))) continue;
    const close = closeOf(text, start, mark, atWords);
    if (close < 0) {
      unclosed.add(mark);
      continue;
    }
    const inner = rendered(text.slice(start, close), new Set([...inside, tag]));
    return { html: `<${tag}>${inner}</${tag}>`, end: close + mark.length };
  }
  return undefined;
}

/** The mark that ends a span: there is something before it, and that is no white space. */
function closeOf(text: string, start: number, mark: string, atWords: boolean): number {
  for (let close = text.indexOf(mark, start + 1); close >= 0; close = text.indexOf(mark, close + 1)) {
    // Of a longer run the last ones: what is before them ends a span within.
    if (text[close + mark.length] === mark[0] && mark.length > 1) continue;
    const single = mark.length > 1 || (text[close - 1] !== mark && text[close + 1] !== mark);
    if (single && !isSpace(text[close - 1]) && !(atWords && isWord(text[close + mark.length]))) return close;
  }
  return -1;
}

function isSpace(sign: string | undefined): boolean {
  return sign === undefined || /\s/.test(sign);
}

function isWord(sign: string | undefined): boolean {
  return sign !== undefined && /[\p{L}\p{N}_]/u.test(sign);
}
