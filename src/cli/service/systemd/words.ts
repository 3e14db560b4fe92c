/** How systemd writes words in a setting: quotes, C escapes, `%` specifiers, `$` variables (systemd.syntax, systemd.service). */

const plain = /^[\w@+=:,./-]+$/;
const named: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
};
const unescaped: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
};

/** One word of an `Environment=` or `ExecStart=` line, so that systemd reads exactly this text. */
export function quoteWord(text: string): string {
  if (plain.test(text)) return text;
  const escaped = text.replaceAll(
    // oxlint-disable-next-line no-control-regex
    /[\\"\u0000-\u001f\u007f]/g,
    (character) => named[character] ?? `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped.replaceAll('%', '%%')}"`;
}

/** As `quoteWord`, for an argument behind the program, where `$` would name a variable. */
export function quoteArgument(text: string): string {
  return quoteWord(text).replaceAll('$', '$$$$');
}

/** Text that is no word, such as a path or a description. */
export function escapeText(text: string): string {
  return text.replaceAll('%', '%%');
}

/** The words of a line, without quotes and escapes; specifiers are left. An open quote ends with the line. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] as string;
    if (character === '\\') {
      const [text, length] = readEscape(line.slice(at + 1));
      word = (word ?? '') + text;
      at += length;
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** What an escape means, and how many characters it takes behind the backslash. */
function readEscape(rest: string): readonly [text: string, length: number] {
  const hex = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/i.exec(rest);
  const digits = hex?.[1] ?? hex?.[2] ?? hex?.[3];
  if (hex && digits) return [String.fromCodePoint(Number.parseInt(digits, 16)), hex[0].length];
  const octal = /^[0-7]{3}/.exec(rest);
  if (octal) return [String.fromCodePoint(Number.parseInt(octal[0], 8)), 3];
  const next = rest[0];
  if (next === undefined) return ['', 0];
  return [unescaped[next] ?? next, 1];
}
