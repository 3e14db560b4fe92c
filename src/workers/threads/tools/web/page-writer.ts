/** Puts text together, block by block: white space as a page means it, lists and quotes with their marks. */
import { toolLimits } from '../../../../shared/tools/limits.js';

export interface Block {
  readonly text: string;
  /** Of the page's main part. */
  readonly main: boolean;
  /** Follows one of its kind without an empty line. */
  readonly tight: boolean;
}

type Level = { readonly kind: 'quote' | 'bullets' } | { readonly kind: 'numbers'; next: number };

/** A place in the block that is being written. */
export interface Mark {
  readonly piece: number;
  readonly block: number;
}

export class PageWriter {
  readonly blocks: Block[] = [];
  /** Whether what comes is of the page's main part. */
  main = false;
  /** White space counts. */
  verbatim = false;
  readonly #levels: Level[] = [];
  /** Of the block that is being written. */
  #pieces: string[] = [];
  #endsInSpace = true;
  #block = 0;
  #marker: string | undefined;
  #chars = 0;

  /** Nothing more is taken. */
  get full(): boolean {
    return this.#chars > toolLimits.webTextChars;
  }

  text(text: string): void {
    if (this.full) return;
    if (this.verbatim) return this.#push(text);
    const plain = text.replaceAll(/[\s\u00AD\u200B]+/g, ' ');
    this.#push(this.#endsInSpace ? plain.trimStart() : plain);
  }

  lineBreak(): void {
    const last = this.#pieces.pop()?.trimEnd();
    if (last !== undefined) this.#pieces.push(last);
    this.#push('\n');
  }

  mark(): Mark {
    return { piece: this.#pieces.length, block: this.#block };
  }

  /** What was written since the mark, changed; as it is when its block has ended meanwhile. */
  wrap({ piece, block }: Mark, change: (text: string) => string): void {
    if (block !== this.#block || this.full) return;
    const text = this.#pieces.splice(piece).join('');
    this.#chars -= text.length;
    this.#push(text.trim() === '' ? text : change(text));
  }

  open(kind: Level['kind']): void {
    this.flush();
    this.#levels.push(kind === 'numbers' ? { kind, next: 1 } : { kind });
  }

  close(): void {
    this.flush();
    this.#levels.pop();
  }

  item(): void {
    this.flush();
    const list = this.#levels.findLast(({ kind }) => kind !== 'quote');
    this.#marker = list?.kind === 'numbers' ? `${list.next++}. ` : '- ';
  }

  /** Ends a block. @param before in front of it, such as a heading's mark */
  flush(before = '', after = ''): void {
    const isVerbatim = this.verbatim;
    const text = this.#takeAll();
    const plain = isVerbatim ? text.replace(/^\n/, '').trimEnd() : text.trim();
    if (plain === '') return;
    this.#add(before + plain + after, this.#marker !== undefined);
    this.#marker = undefined;
  }

  /** What has been written since the last block. */
  take(): string {
    return this.#takeAll().trim();
  }

  line(text: string): void {
    this.flush();
    this.#chars += text.length;
    this.#add(text, true);
  }

  #push(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    this.#chars += text.length;
    this.#endsInSpace = text.trimEnd().length < text.length;
  }

  #takeAll(): string {
    const text = this.#pieces.join('');
    this.#pieces = [];
    this.#endsInSpace = true;
    this.#block += 1;
    return text;
  }

  #add(text: string, tight: boolean): void {
    const levels = this.#levels.slice(0, toolLimits.webDepth);
    const first = prefixOf(levels, this.#marker);
    const rest = prefixOf(levels, undefined);
    const lines = text.split('\n').map((line, n) => (n === 0 ? first : rest) + line);
    this.#chars += lines.length * rest.length;
    this.blocks.push({ text: lines.join('\n'), main: this.main, tight });
  }
}

function prefixOf(levels: readonly Level[], marker: string | undefined): string {
  const lists = levels.findLastIndex(({ kind }) => kind !== 'quote');
  return levels
    .map(({ kind }, n) => {
      if (kind === 'quote') return '> ';
      return n === lists && marker !== undefined ? marker : ' '.repeat(kind === 'numbers' ? 3 : 2);
    })
    .join('');
}

export function joinBlocks(blocks: readonly Block[]): string {
  let text = '';
  let last: Block | undefined;
  for (const block of blocks) {
    if (last) text += last.tight && block.tight ? '\n' : '\n\n';
    text += block.text;
    last = block;
  }
  return text;
}
