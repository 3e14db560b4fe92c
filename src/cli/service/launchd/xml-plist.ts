/** Property lists in their XML form: the kinds of values that definitions of services have. */

export type PlistValue = string | number | boolean | readonly PlistValue[] | PlistDict;
export interface PlistDict {
  readonly [key: string]: PlistValue;
}

export function writePlist(root: PlistDict): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    element(root, ''),
    '</plist>',
    '',
  ].join('\n');
}

function element(value: PlistValue, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${escapeXml(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  const inner = `${indent}  `;
  if (isDict(value)) {
    const entries = Object.entries(value).flatMap(([key, item]) => [
      `${inner}<key>${escapeXml(key)}</key>`,
      element(item, inner),
    ]);
    return [`${indent}<dict>`, ...entries, `${indent}</dict>`].join('\n');
  }
  return [`${indent}<array>`, ...value.map((item) => element(item, inner)), `${indent}</array>`].join('\n');
}

/** XML has no way to write most control characters: they are left out. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replaceAll(
      // oxlint-disable-next-line no-control-regex
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g,
      '',
    );
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function unescapeXml(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole: string, name: string) => {
    if (!name.startsWith('#')) return entities.get(name) ?? whole;
    return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });
}

interface Token {
  readonly opens: boolean;
  /** `<true/>` */
  readonly isEmpty: boolean;
  readonly name: string;
  /** What follows it, up to the next tag. */
  readonly text: string;
}

/** Undefined where it is none. */
export function readPlist(text: string): PlistValue | undefined {
  const tags = text
    .replaceAll(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>/g, '')
    .matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>([^<]*)/g);
  const tokens = Array.from(tags, ([, slash, name = '', end, content = '']): Token => {
    return { opens: slash === '', isEmpty: end === '/', name, text: unescapeXml(content) };
  });
  let at = tokens.findIndex(({ name }) => name === 'plist') + 1;
  const read = (): PlistValue | undefined => {
    const token = tokens[at];
    if (!token?.opens) return undefined;
    at += 1;
    switch (token.name) {
      case 'true':
      case 'false':
        return token.name === 'true';
      case 'array':
        return token.isEmpty ? [] : readUntilEnd();
      case 'dict':
        return token.isEmpty ? {} : inPairs(readUntilEnd());
      default:
        if (!token.isEmpty) at += 1; // its end
        return token.name === 'integer' || token.name === 'real' ? Number(token.text) : token.text;
    }
  };
  const readUntilEnd = (): PlistValue[] => {
    const items: PlistValue[] = [];
    for (let item = read(); item !== undefined; item = read()) items.push(item);
    at += 1;
    return items;
  };
  return read();
}

/** Keys and their values come one after the other. */
function inPairs(items: readonly PlistValue[]): PlistDict {
  return Object.fromEntries(
    items.flatMap((key, place) => {
      const value = items[place + 1];
      return place % 2 === 0 && typeof key === 'string' && value !== undefined ? [[key, value]] : [];
    }),
  );
}

export function isDict(value: PlistValue | undefined): value is PlistDict {
  return typeof value === 'object' && !Array.isArray(value);
}
