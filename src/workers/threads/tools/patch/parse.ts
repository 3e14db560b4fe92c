/**
 * Reads a patch:
 *
 *   *** Begin Patch
 *   *** Add File: path          lines with + before them
 *   *** Update File: path       *** Move to: path, or not; then hunks
 *   *** Delete File: path
 *   *** End Patch
 *
 * A hunk begins with `@@`, with or without a line above it that tells where it is; its lines have a space, - or + before
 * them; `*** End of File` says that it is at the end. Also taken is what models write though it is not of this form: text
 * around the patch (a heredoc, a fence), headers of unified diffs, empty lines for empty context.
 */
import { ToolInputError } from '../tool.js';

export type FileChange =
  | { readonly type: 'add'; readonly path: string; readonly lines: readonly string[] }
  | { readonly type: 'delete'; readonly path: string }
  | {
      readonly type: 'update';
      readonly path: string;
      readonly moveTo: string | undefined;
      readonly hunks: readonly Hunk[];
    };

export interface Hunk {
  /** Lines above it, each below the one before. */
  readonly anchors: readonly string[];
  readonly lines: readonly HunkLine[];
  readonly atEnd: boolean;
}

export interface HunkLine {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/** @throws ToolInputError naming the line that it cannot read */
export function parsePatch(input: string): FileChange[] {
  const all = input.split(/\r?\n/);
  const begin = all.findIndex((line) => line.trimEnd() === '*** Begin Patch');
  if (begin < 0) throw new ToolInputError('the patch does not begin with *** Begin Patch');
  const end = all.findLastIndex((line) => line.trimEnd() === '*** End Patch');
  if (end < begin) throw new ToolInputError('the patch does not end with *** End Patch');
  const reader = new LineReader(all, begin + 1, end);
  const changes: FileChange[] = [];
  while (!reader.done) {
    if (reader.line.trim() === '') reader.skip();
    else changes.push(readChange(reader));
  }
  if (changes.length === 0) throw new ToolInputError('the patch changes nothing');
  return changes;
}

class LineReader {
  readonly #lines: readonly string[];
  readonly #end: number;
  #at: number;

  constructor(lines: readonly string[], from: number, end: number) {
    this.#lines = lines;
    this.#at = from;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The one that is read next; empty at the end. */
  get line(): string {
    return this.done ? '' : (this.#lines[this.#at] ?? '');
  }

  get following(): string {
    return this.#at + 1 < this.#end ? (this.#lines[this.#at + 1] ?? '') : '';
  }

  skip(): void {
    this.#at += 1;
  }

  take(): string {
    const { line } = this;
    this.#at += 1;
    return line;
  }

  /** What stands after `*** <name>: ` if that is next. */
  header(name: string): string | undefined {
    const [, found] = new RegExp(`^\\*\\*\\* ${name}: (.*)$`).exec(this.line) ?? [];
    if (found === undefined) return undefined;
    const path = found.trim();
    if (path === '') throw this.problem(`*** ${name} names no file`);
    this.skip();
    return path;
  }

  problem(what: string): ToolInputError {
    return new ToolInputError(`line ${this.#at + 1} of the patch: ${what}`);
  }
}

function readChange(reader: LineReader): FileChange {
  const added = reader.header('Add File');
  if (added !== undefined) return { type: 'add', path: added, lines: readAdded(reader) };
  const deleted = reader.header('Delete File');
  if (deleted !== undefined) return { type: 'delete', path: deleted };
  const path = reader.header('Update File');
  if (path === undefined) throw reader.problem('expected *** Add File, *** Update File or *** Delete File');
  const moveTo = reader.header('Move to');
  if (reader.line.startsWith('--- ') && reader.following.startsWith('+++ ')) {
    reader.skip();
    reader.skip();
  }
  const hunks: Hunk[] = [];
  while (!reader.done && !isFileHeader(reader.line)) {
    if (reader.line.trim() === '' && (reader.following === '' || isFileHeader(reader.following)))
      reader.skip();
    else hunks.push(readHunk(reader, hunks.length === 0));
  }
  if (hunks.length === 0 && moveTo === undefined) throw reader.problem(`nothing is changed in ${path}`);
  return { type: 'update', path, moveTo, hunks };
}

function readAdded(reader: LineReader): string[] {
  const lines: string[] = [];
  while (!reader.done && !isFileHeader(reader.line)) {
    if (reader.line.startsWith('+')) lines.push(reader.take().slice(1));
    else if (reader.line.trim() !== '') throw reader.problem('lines of an added file begin with +');
    else if (reader.following.startsWith('+')) {
      lines.push('');
      reader.skip();
    } else reader.skip();
  }
  return lines;
}

function readHunk(reader: LineReader, isFirst: boolean): Hunk {
  const anchors: string[] = [];
  if (!reader.line.startsWith('@@') && !isFirst) throw reader.problem('expected @@');
  while (reader.line.startsWith('@@')) {
    const anchor = anchorOf(reader.take());
    if (anchor !== '') anchors.push(anchor);
  }
  const lines: HunkLine[] = [];
  let atEnd = false;
  while (!reader.done && !reader.line.startsWith('@@') && !isFileHeader(reader.line)) {
    const line = reader.take();
    if (line.trimEnd() === '*** End of File') {
      atEnd = true;
      break;
    }
    const kind = line[0] ?? ' ';
    if (kind === ' ' || kind === '-' || kind === '+') lines.push({ kind, text: line.slice(1) });
    else if (!line.startsWith('\\')) throw reader.problem('lines of a hunk begin with a space, - or +');
  }
  if (!lines.some(({ kind }) => kind !== ' ')) throw reader.problem('a hunk changes nothing');
  return { anchors, lines, atEnd };
}

/** What a unified diff says there is where it was, and of another version. */
function anchorOf(header: string): string {
  if (/^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/.test(header)) return '';
  return header.replace(/^@@ ?/, '').replace(/ ?@@$/, '');
}

function isFileHeader(line: string): boolean {
  return /^\*\*\* (?:Add|Update|Delete) File: /.test(line);
}
