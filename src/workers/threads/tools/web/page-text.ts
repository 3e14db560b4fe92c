/**
 * What there is to read in an HTML page, as Markdown or as plain text. Navigation, scripts, controls and what is hidden
 * are left out; of a page with a main part only that.
 */
import { Parser } from 'htmlparser2';
import { joinBlocks, PageWriter, type Mark } from './page-writer.js';
import { Table } from './table.js';

export interface PageText {
  readonly title: string | undefined;
  readonly text: string;
}

const leftOut = names(
  'script style noscript template svg math iframe object embed canvas audio video nav footer aside dialog button select textarea datalist',
);
const headings = names('h1 h2 h3 h4 h5 h6');
const blocks = names(
  'address article body caption dd details div dl dt fieldset figcaption figure form header html main p section summary',
);

function names(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** What is read before it is asked whether it is enough. */
const PIECE_CHARS = 16_384;

/** Elements in each other; browsers stop at 512. The parser gets slow with them. */
const DEPTH = 1_024;

/** Longer addresses are not shown. */
const LINK_CHARS = 1_000;

/** A main part with less text than this is a page's frame. */
const MAIN_CHARS = 200;

type Attributes = Readonly<Record<string, string>>;

/** @param address of the page, for links */
export function pageText(html: string, address: string, form: 'markdown' | 'text'): PageText {
  const reader = new PageReader(address, form === 'markdown');
  const parser = new Parser(
    {
      onopentag: (name, attributes) => reader.open(name, attributes),
      ontext: (text) => reader.text(text),
      onclosetag: (name) => reader.close(name),
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  for (let at = 0; at < html.length && !reader.done; at += PIECE_CHARS)
    parser.write(html.slice(at, at + PIECE_CHARS));
  parser.end();
  return reader.result();
}

class PageReader {
  readonly #markdown: boolean;
  readonly #writer = new PageWriter();
  readonly #table: Table;
  #base: string;
  #depth = 0;
  #link: { readonly href: string; readonly mark: Mark } | undefined;
  #code: Mark | undefined;
  /** How deep in what is left out. */
  #hidden = 0;
  /** How deep in main parts, by the names of their elements. */
  readonly #mains: string[] = [];
  #title: string | undefined;
  #inTitle = false;

  constructor(address: string, markdown: boolean) {
    this.#base = address;
    this.#markdown = markdown;
    this.#table = new Table(this.#writer, markdown);
  }

  /** Nothing more of the page is wanted. */
  get done(): boolean {
    return this.#writer.full || this.#depth > DEPTH;
  }

  open(name: string, attributes: Attributes): void {
    this.#depth += 1;
    if (this.#hidden > 0 || isHidden(name, attributes)) {
      this.#hidden += 1;
      return;
    }
    const writer = this.#writer;
    if (isMain(name, attributes)) {
      this.#endBlock();
      this.#mains.push(name);
      writer.main = true;
    }
    switch (name) {
      case 'title':
        this.#inTitle = this.#title === undefined;
        return;
      case 'base':
        this.#base = this.#absolute(attributes.href) ?? this.#base;
        return;
      case 'br':
        return writer.lineBreak();
      case 'hr':
        this.#endBlock();
        if (this.#markdown) writer.line('---');
        return;
      case 'img':
        if (this.#markdown && attributes.alt) writer.text(`[image: ${attributes.alt}]`);
        return;
      case 'a':
        return this.#openLink(attributes.href);
      case 'code':
        this.#code ??= writer.mark();
        return;
      case 'pre':
        this.#endBlock();
        writer.verbatim = true;
        return;
      case 'ul':
      case 'menu':
        return this.#table.inCell ? this.#endBlock() : writer.open('bullets');
      case 'ol':
        return this.#table.inCell ? this.#endBlock() : writer.open('numbers');
      case 'blockquote':
        return this.#table.inCell ? this.#endBlock() : writer.open('quote');
      case 'li':
        return this.#table.inCell ? this.#endBlock() : writer.item();
      default:
        if (this.#table.open(name)) return;
        if (blocks.has(name) || headings.has(name)) this.#endBlock();
    }
  }

  text(text: string): void {
    if (this.#hidden > 0) return;
    if (this.#inTitle) this.#title = (this.#title ?? '') + text;
    else this.#writer.text(text);
  }

  close(name: string): void {
    this.#depth -= 1;
    if (this.#hidden > 0) {
      this.#hidden -= 1;
      return;
    }
    this.#end(name);
    if (this.#mains.at(-1) !== name) return;
    this.#endBlock();
    this.#mains.pop();
    this.#writer.main = this.#mains.length > 0;
  }

  result(): PageText {
    this.#writer.flush();
    const { blocks } = this.#writer;
    const main = blocks.filter((block) => block.main);
    const isEnough = main.reduce((chars, { text }) => chars + text.length, 0) >= MAIN_CHARS;
    const title = this.#title?.replaceAll(/\s+/g, ' ').trim();
    return { title: title === '' ? undefined : title, text: joinBlocks(isEnough ? main : blocks) };
  }

  #end(name: string): void {
    const writer = this.#writer;
    switch (name) {
      case 'title':
        this.#inTitle = false;
        return;
      case 'a':
        return this.#closeLink();
      case 'code':
        if (this.#code && this.#markdown && !writer.verbatim)
          writer.wrap(this.#code, (text) => `\`${text.trim()}\`${spaceAfter(text)}`);
        this.#code = undefined;
        return;
      case 'pre':
        if (this.#markdown && !this.#table.inCell) writer.flush('```\n', '\n```');
        else this.#endBlock();
        writer.verbatim = false;
        return;
      case 'ul':
      case 'menu':
      case 'ol':
      case 'blockquote':
        return this.#table.inCell ? this.#endBlock() : writer.close();
      default:
        if (this.#table.close(name)) return;
        if (headings.has(name) && this.#markdown && !this.#table.inCell)
          writer.flush(`${'#'.repeat(Number(name[1]))} `);
        else if (blocks.has(name) || headings.has(name) || name === 'li') this.#endBlock();
    }
  }

  /** There are no links in links. */
  #openLink(address: string | undefined): void {
    this.#closeLink();
    const href = this.#markdown ? this.#absolute(address) : undefined;
    this.#link = href === undefined ? undefined : { href, mark: this.#writer.mark() };
  }

  #closeLink(): void {
    const link = this.#link;
    this.#link = undefined;
    if (link) this.#writer.wrap(link.mark, (text) => `[${text.trim()}](${link.href})${spaceAfter(text)}`);
  }

  #endBlock(): void {
    // A cell is one line, whatever is in it.
    if (this.#table.inCell) this.#writer.text(' ');
    else this.#writer.flush();
  }

  /** Undefined for what is no address of a page, or too long to be worth it. */
  #absolute(href: string | undefined): string | undefined {
    if (href === undefined || href.startsWith('#') || !URL.canParse(href, this.#base)) return undefined;
    const url = new URL(href, this.#base);
    return /^(?:https?|mailto):$/.test(url.protocol) && url.href.length <= LINK_CHARS ? url.href : undefined;
  }
}

function spaceAfter(text: string): string {
  return text.trimEnd() === text ? '' : ' ';
}

function isMain(name: string, { role }: Attributes): boolean {
  return name === 'main' || name === 'article' || role === 'main';
}

function isHidden(name: string, attributes: Attributes): boolean {
  if (leftOut.has(name) || 'hidden' in attributes || attributes['aria-hidden'] === 'true') return true;
  return /(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(attributes.style ?? '');
}
