/** The parts of a message in `input` (http.md §8.1). */
import * as v from 'valibot';
import { compile } from '../../../shared/schema.js';
import { invalid, requireValid } from './invalid.js';

export interface Parts {
  readonly text: string;
  /** Data URLs among them. */
  readonly imageUrls: readonly string[];
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
const source = compile(v.object({ source: v.object({ type: v.picklist(['url', 'base64']) }) }));

/** @throws ApiError 400 `<path>: <problem>` */
export function readParts(parts: readonly unknown[], at: string): Parts {
  const texts: string[] = [];
  const imageUrls: string[] = [];
  for (const [n, part] of parts.entries()) {
    const place = `${at}.${n}`;
    requireValid(kind, part, place);
    if (part.type === 'input_file') {
      throw invalid(`${place}: files are not supported yet; send the text as input_text`);
    } else if (part.type === 'input_image') {
      imageUrls.push(imageUrl(part, place));
    } else {
      requireValid(text, part, place);
      texts.push(part.text);
    }
  }
  return { text: texts.join('\n'), imageUrls };
}

function imageUrl(part: unknown, at: string): string {
  if (named.is(part)) return part.image_url;
  requireValid(source, part, at);
  const given: unknown = part.source;
  if (part.source.type === 'url') {
    requireValid(url, given, `${at}.source`);
    return given.url;
  }
  requireValid(base64, given, `${at}.source`);
  return `data:${given.media_type};base64,${given.data}`;
}
