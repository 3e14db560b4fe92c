/**
 * Edits in the text of a JSON5 file: what is not edited stays as it is, to the letter, comments also of what is removed.
 * A text that cannot be edited so is written anew from its value.
 */
import { parse, type Token, type ValueNode } from '@humanwhocodes/momoa';
import JSON5 from 'json5';
import { isDeepStrictEqual } from 'node:util';
import { withEdit, type Edit } from './edits.js';
import { renderMember, renderValue, type Style } from './render.js';

/** Each edit reads the text anew: above this many characters in all it is written from its value instead. */
const MOST_READ = 20_000_000;

/** @throws Error when the text is not JSON5 */
export function editText(text: string, edits: readonly Edit[]): string {
  const after = edits.reduce(withEdit, JSON5.parse<unknown>(text));
  const fresh = (): string => `${renderValue(after, '', styleOf(text, []))}\n`;
  if (edits.length * text.length > MOST_READ) return fresh();
  try {
    const edited = edits.reduce(editOnce, text);
    return isDeepStrictEqual(JSON5.parse(edited), after) ? edited : fresh();
  } catch {
    return fresh();
  }
}

interface Text {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly style: Style;
}

/** A member of an object or an entry of a list. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly value: ValueNode;
}

function editOnce(text: string, edit: Edit): string {
  const { body, tokens = [] } = parse(text, { mode: 'json5', ranges: true, tokens: true });
  const whole: Text = { text, tokens, style: styleOf(text, tokens) };
  let node = body;
  const path = [...edit.path];
  for (;;) {
    const part = path.shift();
    if (part === undefined) return 'value' in edit ? replaced(node, edit.value, whole) : text;
    const parts = partsOf(node);
    if (!parts) return 'value' in edit ? replaced(node, nested([part, ...path], edit.value), whole) : text;
    const found = parts.filter(({ name }) => name === part);
    const last = found.at(-1);
    if (last && path.length === 0 && 'remove' in edit) {
      // A key that is there twice would come back with its first value.
      return found.reduceRight((rest, one) => removed(one, parts, { ...whole, text: rest }), text);
    }
    if (!last) {
      if ('remove' in edit) return text;
      return inserted(node, parts, part, nested(path, edit.value), whole);
    }
    node = last.value;
  }
}

/** Undefined for a scalar. */
function partsOf(node: ValueNode): (Part & { readonly name: string | number })[] | undefined {
  if (node.type === 'Object') {
    return node.members.map(({ name, value, range }) => ({
      name: name.type === 'String' ? name.value : name.name,
      value,
      ...ends(range),
    }));
  }
  if (node.type !== 'Array') return undefined;
  return node.elements.map(({ value }, index) => ({ name: index, value, ...ends(value.range) }));
}

function ends(range: readonly [number, number] | readonly number[] | undefined): {
  start: number;
  end: number;
} {
  const [start, end] = range ?? [];
  if (start === undefined || end === undefined) throw new Error('a node without its place');
  return { start, end };
}

function nested(path: readonly (string | number)[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, part) => ({ [String(part)]: inner }), value);
}

function replaced(node: ValueNode, value: unknown, { text, style }: Text): string {
  const { start, end } = ends(node.range);
  return splice(text, start, end, renderValue(value, indentAt(text, start), style));
}

function inserted(
  node: ValueNode,
  parts: readonly Part[],
  name: string | number,
  value: unknown,
  { text, tokens, style }: Text,
): string {
  const { start, end } = ends(node.range);
  const last = parts.at(-1);
  const first = parts[0];
  const outer = indentAt(text, start);
  const onLines = first ? text.slice(start, first.start).includes('\n') : true;
  const inner = first && onLines ? indentAt(text, first.start) : outer + style.unit;
  const written = (indent: string): string =>
    node.type === 'Array'
      ? renderValue(value, indent, style)
      : renderMember(String(name), value, indent, style);
  if (!last) {
    // Nothing but comments, if that: the new one comes after them.
    const before = text.slice(0, end - 1).trimEnd();
    return before + style.newline + inner + written(inner) + style.newline + outer + text.slice(end - 1);
  }
  const comma = tokens.find(({ type, range }) => type === 'Comma' && between(range, last.end, end));
  const behind = comma ? ends(comma.range).end : last.end;
  const { at: anchor, lineEnds } = pastComments(text, tokens, behind);
  const gap = onLines || lineEnds ? style.newline + inner : ' ';
  const grown = splice(text, anchor, anchor, gap + written(onLines ? inner : outer) + (comma ? ',' : ''));
  return comma ? grown : splice(grown, last.end, last.end, ',');
}

/** Behind comments that stand on the same line: they are about what is before them. */
function pastComments(
  text: string,
  tokens: readonly Token[],
  from: number,
): { at: number; lineEnds: boolean } {
  let at = from;
  for (const { type, range } of tokens) {
    const { start, end } = ends(range);
    if (!type.endsWith('Comment') || start < at) continue;
    if (!/^[ \t]*$/.test(text.slice(at, start))) break;
    at = end;
    if (type === 'LineComment') return { at, lineEnds: true };
  }
  return { at, lineEnds: false };
}

function removed({ start, end }: Part, parts: readonly Part[], { text, tokens }: Text): string {
  const following = parts.find((part) => part.start > start);
  const preceding = parts.findLast((part) => part.end <= start);
  const commas = tokens.filter(({ type }) => type === 'Comma');
  const after = commas.find(({ range }) => between(range, end, following?.start ?? Number.MAX_SAFE_INTEGER));
  const closing = closeOf(tokens, end);
  const own = after && ends(after.range).end <= closing ? ends(after.range) : undefined;
  let rest = text;
  // From the back to the front, so that places stay right.
  if (own) rest = splice(rest, own.start, own.end, '');
  rest = splice(rest, start, end, '');
  if (!own && preceding) {
    const before = commas.find(({ range }) => between(range, preceding.end, start));
    if (before) {
      const { start: from, end: to } = ends(before.range);
      return tidied(splice(rest, from, to, ''), start - (to - from));
    }
  }
  return tidied(rest, start);
}

/** Where the list or object ends in which something ends at `at`. */
function closeOf(tokens: readonly Token[], at: number): number {
  const close = tokens.find(
    ({ type, range }) => /^R(?:Brace|Bracket)$/.test(type) && ends(range).start >= at,
  );
  return close ? ends(close.range).start : at;
}

function between(range: Token['range'], from: number, to: number): boolean {
  const { start, end } = ends(range);
  return start >= from && end <= to;
}

/** The line of a place goes when nothing is left on it, and one of two spaces that meet there. */
function tidied(text: string, at: number): string {
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const newline = text.indexOf('\n', at);
  const to = newline < 0 ? text.length : newline + 1;
  if (from > 0 && newline >= 0 && text.slice(from, to).trim() === '') return splice(text, from, to, '');
  const spare = text[at - 1] === ' ' && /[ \]]/.test(text[at] ?? '') && text.slice(from, at).trim() !== '';
  return spare ? splice(text, at - 1, at, '') : text;
}

function styleOf(text: string, tokens: readonly Token[]): Style {
  const [, indent = '  '] = /\n([ \t]+)\S/.exec(text) ?? [];
  const indented = /^\t+$/.test(indent) ? '\t' : indent.length > 8 ? '  ' : indent;
  return {
    unit: indented,
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    bareKeys: tokens.some(({ type }) => type === 'Identifier'),
  };
}

function indentAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
