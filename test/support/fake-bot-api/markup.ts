/** Reads Telegram's HTML as its server does: the text that is seen and what is marked in it, or the server's complaint. */
import { badRequest } from './answer.js';

export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

const kinds: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
};

/** @throws ApiError */
export function readHtml(html: string): { readonly text: string; readonly entities: readonly Entity[] } {
  const entities: Entity[] = [];
  const open: { readonly tag: string; readonly offset: number; readonly url?: string }[] = [];
  let text = '';
  const pieces = /<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<>]*")*)\s*>|&(lt|gt|amp|quot|#\d+);|([^<&]+|&)|(<)/giy;
  for (const [whole, closing, tag = '', attributes = '', name, plain, stray] of html.matchAll(pieces)) {
    if (stray !== undefined) throw complaint('Unclosed start tag');
    if (plain !== undefined) text += plain;
    else if (name !== undefined) text += decoded(whole, name);
    else if (!(tag in kinds)) throw complaint(`Unsupported start tag "${tag}"`);
    else if (closing) {
      const last = open.pop();
      if (last?.tag !== tag)
        throw complaint(`Unmatched end tag, expected "</${last?.tag}>", found "</${tag}>"`);
      const { offset, url } = last;
      const mark = { type: kinds[tag] ?? '', offset, length: text.length - offset };
      if (mark.length > 0) entities.push({ ...mark, ...(url !== undefined && { url }) });
    } else {
      const [, url] = /\bhref="([^"]*)"/.exec(attributes) ?? [];
      open.push({
        tag,
        offset: text.length,
        ...(url !== undefined && { url: url.replaceAll('&amp;', '&') }),
      });
    }
  }
  const unclosed = open.at(-1);
  if (unclosed) throw complaint(`Can't find end tag corresponding to start tag "${unclosed.tag}"`);
  return { text, entities };
}

function complaint(what: string) {
  return badRequest(`can't parse entities: ${what}`);
}

function decoded(whole: string, name: string): string {
  if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
  return { lt: '<', gt: '>', amp: '&', quot: '"' }[name.toLowerCase()] ?? whole;
}
