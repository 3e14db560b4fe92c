/** The parts of a message in `input` (http.md §8.1). */
import * as v from 'valibot';
import { responseLimits } from '../../../shared/limits.js';
import { compile } from '../../../shared/schema.js';
import { invalid, requireValid } from './invalid.js';

export interface Parts {
  /** In it the names of files, where these were. */
  readonly text: string;
  /** Data URLs among them. */
  readonly imageUrls: readonly string[];
  readonly files: readonly SentFile[];
}

/** A file as the request has it. */
export interface SentFile {
  /** Where, for refusals. */
  readonly at: string;
  readonly name: string;
  readonly source:
    | { readonly type: 'url'; readonly url: string }
    /** The data may be a data URL, which then says the type. */
    | { readonly type: 'base64'; readonly mediaType: string; readonly data: string };
}

const kind = compile(
  v.object({ type: v.picklist(['input_text', 'output_text', 'input_image', 'input_file']) }),
);
const text = compile(v.object({ text: v.string() }));
const named = compile(v.object({ image_url: v.string() }));
const url = compile(v.object({ type: v.literal('url'), url: v.string() }));
const base64 = compile(
  v.object({
    type: v.literal('base64'),
    media_type: v.pipe(v.string(), v.regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/)),
    data: v.string(),
  }),
);
const file = compile(
  v.object({
    filename: v.exactOptional(v.nullable(v.string())),
    file_data: v.exactOptional(v.nullable(v.string())),
    file_url: v.exactOptional(v.nullable(v.string())),
    file_id: v.exactOptional(v.nullable(v.string())),
    source: v.exactOptional(v.looseObject({ filename: v.exactOptional(v.nullable(v.string())) })),
  }),
);
const source = compile(v.object({ source: v.object({ type: v.picklist(['url', 'base64']) }) }));

/** @throws ApiError 400 `<path>: <problem>` */
export function readParts(parts: readonly unknown[], at: string): Parts {
  const texts: string[] = [];
  const imageUrls: string[] = [];
  const files: SentFile[] = [];
  for (const [n, part] of parts.entries()) {
    const place = `${at}.${n}`;
    requireValid(kind, part, place);
    if (part.type === 'input_file') {
      const sent = fileIn(part, place);
      files.push(sent);
      texts.push(`[file: ${sent.name}]`);
    } else if (part.type === 'input_image') {
      imageUrls.push(imageUrl(part, place));
    } else {
      requireValid(text, part, place);
      texts.push(part.text);
    }
  }
  return { text: texts.join('\n'), imageUrls, files };
}

/** In the form of the spec, with a `source`, or in OpenAI's: `file_data`, `file_url`. */
function fileIn(part: unknown, at: string): SentFile {
  requireValid(file, part, at);
  const { file_data: data, file_url: named } = part;
  if (part.file_id) throw invalid(`${at}.file_id: there are no stored files; send file_data or file_url`);
  const given = data
    ? ({ type: 'base64', mediaType: '', data } as const)
    : named
      ? ({ type: 'url', url: named } as const)
      : sourceIn(part, at);
  const name = part.filename ?? part.source?.filename ?? (given.type === 'url' ? lastPart(given.url) : '');
  return { at, name: oneLine(name) || 'file', source: given };
}

/** Of its path. The address is as long as its sender likes: what looks for the end must not begin anew at each place. */
function lastPart(url: string): string {
  const [path = ''] = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  return path.slice(path.lastIndexOf('/') + 1);
}

function oneLine(name: string): string {
  const { fileNameChars } = responseLimits;
  return name
    .slice(0, fileNameChars)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
}

function imageUrl(part: unknown, at: string): string {
  if (named.is(part)) return part.image_url;
  const given = sourceIn(part, at);
  return given.type === 'url' ? given.url : `data:${given.mediaType};base64,${given.data}`;
}

function sourceIn(part: unknown, at: string): SentFile['source'] {
  requireValid(source, part, at);
  const given: unknown = part.source;
  if (part.source.type === 'url') {
    requireValid(url, given, `${at}.source`);
    return { type: 'url', url: given.url };
  }
  requireValid(base64, given, `${at}.source`);
  return { type: 'base64', mediaType: given.media_type, data: given.data };
}
