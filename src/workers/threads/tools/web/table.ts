/** Tables of a page: a row is a line. One in another's cell is only the text in it. */
import type { PageWriter } from './page-writer.js';

export class Table {
  readonly #writer: PageWriter;
  readonly #markdown: boolean;
  #depth = 0;
  #rows = 0;
  #cells: string[] = [];
  inCell = false;

  constructor(writer: PageWriter, markdown: boolean) {
    this.#writer = writer;
    this.#markdown = markdown;
  }

  /** False for an element that has to do with no table. */
  open(name: string): boolean {
    if (!elements.has(name)) return false;
    if (name === 'table') this.#depth += 1;
    if (this.#depth !== 1) {
      this.#writer.text(' ');
      return true;
    }
    if (name === 'table') {
      this.#writer.flush();
      this.#rows = 0;
    } else if (name === 'tr') this.#endRow();
    else if (name === 'td' || name === 'th') {
      this.#endCell();
      this.#writer.flush();
      this.inCell = true;
    }
    return true;
  }

  close(name: string): boolean {
    if (!elements.has(name)) return false;
    if (this.#depth === 1) {
      if (name === 'td' || name === 'th') this.#endCell();
      else this.#endRow();
    } else this.#writer.text(' ');
    if (name === 'table') this.#depth = Math.max(0, this.#depth - 1);
    return true;
  }

  #endCell(): void {
    if (!this.inCell) return;
    this.#cells.push(this.#writer.take().replaceAll(/\s+/g, ' '));
    this.inCell = false;
  }

  #endRow(): void {
    this.#endCell();
    const cells = this.#cells;
    this.#cells = [];
    if (cells.every((cell) => cell === '')) return;
    // A page is laid out with those of one cell.
    if (cells.length === 1 || !this.#markdown) return this.#writer.line(cells.join('\t'));
    this.#writer.line(row(cells.map((cell) => cell.replaceAll('|', String.raw`\|`))));
    this.#rows += 1;
    if (this.#rows === 1) this.#writer.line(row(cells.map(() => '---')));
  }
}

const elements: ReadonlySet<string> = new Set(['table', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th']);

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
