/**
 * Cuts a text into parts that a network takes: at ends of paragraphs where it can, else of lines, else of words, and never
 * inside what a person sees as one character. A code block that is cut is closed and opened again.
 */

export interface SplitOptions {
  /** Of one part, as `measure` counts; at least 64. */
  readonly max: number;
  /** Length of a text as the network counts it; it grows with the text. UTF-16 code units unless told. */
  measure?(text: string): number;
}

export function splitText(text: string, { max, measure = lengthOf }: SplitOptions): string[] {
  const parts: string[] = [];
  let rest = text.trimEnd();
  let fence: Fence | undefined;
  while (rest.trim() !== '') {
    const head = fence ? `${fence.opening}\n` : '';
    const window = rest.slice(0, 2 * max);
    const isLast = window.length === rest.length && measure(head + window) <= max;
    const end = isLast ? rest.length : cutIn(window, max - measure(head) - tailRoom(window, fence), measure);
    const piece = rest.slice(0, end);
    const after = fenceAfter(piece, fence);
    // The lines of a block keep their indentation.
    const body = piece.replace(after ? /\n$/ : /\s+$/, '');
    if (body.trim() !== '') parts.push(head + body + (after && !isLast ? `\n${after.marker}` : ''));
    rest = rest.slice(end).replace(after ? /^\n/ : /^(?:\s*\n| +)/, '');
    fence = fitting(after, max, measure);
  }
  return parts;
}

interface Fence {
  readonly marker: string;
  /** With its language. */
  readonly opening: string;
}

const fenceLine = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/;

/** The code block that is open behind the text. */
function fenceAfter(text: string, open: Fence | undefined): Fence | undefined {
  let fence = open;
  for (const line of text.split('\n')) {
    const [, marker, info = ''] = fenceLine.exec(line) ?? [];
    if (marker === undefined) continue;
    if (!fence) {
      if (!(marker.startsWith('`') && info.includes('`'))) fence = { marker, opening: line.trim() };
    } else if (info.trim() === '' && marker.startsWith(fence.marker)) fence = undefined;
  }
  return fence;
}

/** One whose own lines would fill the parts is as good as none; its language is the first to go. */
function fitting(
  fence: Fence | undefined,
  max: number,
  measure: (text: string) => number,
): Fence | undefined {
  const fits = ({ marker, opening }: Fence): boolean => measure(`${opening}\n\n${marker}`) <= max / 2;
  if (!fence || fits(fence)) return fence;
  const plain = { marker: fence.marker, opening: fence.marker };
  return fits(plain) ? plain : undefined;
}

/** What closing a block may take. */
function tailRoom(window: string, fence: Fence | undefined): number {
  const markers = [...window.matchAll(/^ {0,3}(`{3,}|~{3,})/gm)].map(([, marker = '']) => marker.length);
  const longest = Math.max(fence?.marker.length ?? 0, ...markers);
  return longest === 0 ? 0 : Math.min(longest + 1, 32);
}

/** Where the part ends; not 0. */
function cutIn(window: string, room: number, measure: (text: string) => number): number {
  let fits = 0;
  for (let above = window.length + 1; above - fits > 1;) {
    const middle = (fits + above) >> 1;
    if (measure(window.slice(0, middle)) <= room) fits = middle;
    else above = middle;
  }
  if (fits === window.length) return fits;
  const least = fits / 2;
  const ends = [/\n\s*\n/g, /\n/g, /\s/g].map((end) => lastEnd(window, fits, end));
  const end = ends.find((one) => one > least) ?? ends.find((one) => one > 0);
  return end ?? (graphemes.segment(window).containing(fits)?.index || firstCharacter(window, fits));
}

const graphemes = new Intl.Segmenter();

/** Before the last match that begins within the first `fits` characters; 0 for none. */
function lastEnd(window: string, fits: number, end: RegExp): number {
  const ends = Array.from(window.slice(0, fits + 1).matchAll(end), ({ index }) => index);
  return ends.findLast((index) => index <= fits && !isOpening(window, index)) ?? 0;
}

/** Whether the line that ends there is a code block's first one: what is in it would be left behind. */
function isOpening(window: string, end: number): boolean {
  if (window[end] !== '\n') return false;
  return fenceLine.test(window.slice(window.lastIndexOf('\n', end - 1) + 1, end));
}

/** Of a character that is longer than a part: as much as fits, but no half of a pair. */
function firstCharacter(window: string, fits: number): number {
  const whole = (window.codePointAt(0) ?? 0) > 0xffff ? 2 : 1;
  const endsInHalf = /[\uD800-\uDBFF]$/.test(window.slice(0, fits));
  return Math.max(whole, fits - (endsInHalf ? 1 : 0));
}

function lengthOf(text: string): number {
  return text.length;
}
