/** Property lists of launchd: what a definition becomes, and what of one is read back (cli.md §15.4). */
import type { InstalledService, ServiceDefinition } from '../definition.js';

type PlistValue = string | number | boolean | readonly PlistValue[] | PlistDict;
interface PlistDict {
  readonly [key: string]: PlistValue;
}

export interface PlistOptions {
  readonly label: string;
  readonly logFile: string;
}

export function plistText(definition: ServiceDefinition, { label, logFile }: PlistOptions): string {
  const { description, programArguments, workingDirectory, environment } = definition;
  const dict: PlistDict = {
    Label: label,
    Comment: description,
    RunAtLoad: true,
    KeepAlive: true,
    ThrottleInterval: 10,
    ExitTimeOut: 30,
    ProcessType: 'Interactive',
    Umask: 0o077,
    ProgramArguments: programArguments,
    WorkingDirectory: workingDirectory,
    StandardInPath: '/dev/null',
    StandardOutPath: logFile,
    StandardErrorPath: logFile,
    EnvironmentVariables: environment,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    element(dict, ''),
    '</plist>',
    '',
  ].join('\n');
}

/** What does not fit counts as missing. */
export function parsePlist(text: string, sourcePath: string): InstalledService {
  const root = readPlist(text);
  const dict = isDict(root) ? root : {};
  const args = dict.ProgramArguments;
  const variables = dict.EnvironmentVariables;
  const folder = dict.WorkingDirectory;
  return {
    programArguments: Array.isArray(args) ? args.map(String) : [],
    workingDirectory: typeof folder === 'string' ? folder : undefined,
    environment: Object.fromEntries(
      Object.entries(isDict(variables) ? variables : {}).map(([name, value]) => [name, String(value)]),
    ),
    sourcePath,
    settings: new Map(
      Object.entries(dict)
        .filter(([, value]) => typeof value !== 'object')
        .map(([name, value]) => [name, [String(value)]]),
    ),
  };
}

function element(value: PlistValue, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value === 'string') return `${indent}<string>${escapeXml(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  const isList = Array.isArray(value);
  const lines = isList
    ? (value as readonly PlistValue[]).map((item) => element(item, inner))
    : Object.entries(value).flatMap(([key, item]) => [
        `${inner}<key>${escapeXml(key)}</key>`,
        element(item as PlistValue, inner),
      ]);
  const tag = isList ? 'array' : 'dict';
  return [`${indent}<${tag}>`, ...lines, `${indent}</${tag}>`].join('\n');
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

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, code?: string, name = '') => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (code !== undefined) return String.fromCodePoint(Number(code));
      return entities[name as string] ?? (whole as string);
    },
  );
}

/** Undefined where it is none. */
function readPlist(text: string): PlistValue | undefined {
  const tokens = text
    .replaceAll(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>/g, '')
    .matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>([^<]*)/g);
  const list = [...tokens].map(([, close, name = '', single, content = '']) => ({
    open: close === '',
    single: single === '/',
    name,
    content,
  }));
  let at = list.findIndex(({ name }) => name === 'plist') + 1;
  const value = (): PlistValue | undefined => {
    const token = list[at];
    if (!token?.open) return undefined;
    at += 1;
    if (token.single)
      return token.name === 'array'
        ? []
        : token.name === 'dict'
          ? {}
          : token.name === 'true'
            ? true
            : token.name === 'false'
              ? false
              : '';
    switch (token.name) {
      case 'dict':
        return entriesUntilEnd();
      case 'array':
        return itemsUntilEnd();
      default:
        at += 1; // its end
        return token.name === 'integer' || token.name === 'real'
          ? Number(token.content)
          : unescapeXml(token.content);
    }
  };
  const itemsUntilEnd = (): PlistValue[] => {
    const items: PlistValue[] = [];
    for (let item = value(); item !== undefined; item = value()) items.push(item);
    at += 1;
    return items;
  };
  const entriesUntilEnd = (): PlistDict => {
    const parts = itemsUntilEnd();
    const entries: [string, PlistValue][] = [];
    for (let part = 0; part + 1 < parts.length; part += 2)
      entries.push([String(parts[part]), parts[part + 1] as PlistValue]);
    return Object.fromEntries(entries);
  };
  return value();
}

function isDict(value: PlistValue | undefined): value is PlistDict {
  return typeof value === 'object' && !Array.isArray(value);
}
