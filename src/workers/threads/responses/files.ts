/** Files of a response: their text, as the model is shown it beside its instructions (http.md §8.1). */
import { ApiError } from '../../../shared/errors/api-error.js';
import { responseLimits } from '../../../shared/limits.js';
import { fileTypeOf, isFileType, type FileType } from '../../../shared/media/file-type.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { ToolOutcome } from '../../../shared/tools/tool-call.js';
import type { DocumentRequest } from '../documents/document.js';
import type { Network } from '../../../shared/net/guarded-fetch.js';
import { asUntrusted } from '../untrusted-content.js';
import { invalid } from './invalid.js';
import type { SentFile } from './parts.js';

type Rules = RouteTable['responseFiles'];

export interface FileServices {
  /** Reads what needs a parser, elsewhere. */
  readDocument(request: DocumentRequest, signal: AbortSignal): Promise<ToolOutcome>;
  /** The files are not wanted any more. */
  readonly gone: AbortSignal;
  /** Other than the public one. */
  readonly network?: Network;
}

/** One text for each file. @throws ApiError 400 `<path>: <problem>`, 503 when too many are being read */
export function readFiles(
  files: readonly SentFile[],
  rules: Rules,
  services: FileServices,
): Promise<readonly string[]> {
  const { fileParts } = responseLimits;
  if (files.length > fileParts) throw invalid(`input: ${files.length} files are more than ${fileParts}`);
  return Promise.all(files.map((file) => readOne(file, rules, services)));
}

interface Content {
  readonly bytes: Buffer;
  /** As its sender says; empty when it does not. */
  readonly type: string;
  readonly charset: string | undefined;
}

async function readOne(file: SentFile, rules: Rules, services: FileServices): Promise<string> {
  const { at, name, source } = file;
  const content =
    source.type === 'url'
      ? await fetchFile(file, source.url, rules, services)
      : decodeFile(file, source, rules);
  const type = fileTypeOf(content.bytes, content.type, name);
  if (!isFileType(type) || !rules.allowedMimes.includes(type)) {
    const shown = /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(type) ? type : 'unknown';
    throw invalid(`${at}: unsupported file type ${shown} (use ${rules.allowedMimes.join(', ')})`);
  }
  const text = await textOf(file, content, type, rules, services);
  return asUntrusted(text, `the file ${JSON.stringify(name)} (${type})`);
}

/** All of it bounded, as for images. */
const dataUrl = /^\s*data:([^;,]{0,256})([^,]{0,256});base64,/i;

function decodeFile(
  { at }: SentFile,
  { mediaType, data }: Extract<SentFile['source'], { type: 'base64' }>,
  { maxBytes }: Rules,
): Content {
  const [prefix = '', type = mediaType, parameters = ''] = dataUrl.exec(data) ?? [];
  const base64 = data.slice(prefix.length).trim();
  const size = Buffer.byteLength(base64, 'base64');
  if (size > maxBytes) throw invalid(`${at}: the file is larger than ${maxBytes} bytes`);
  const bytes = Buffer.allocUnsafe(size);
  if (size === 0 || bytes.write(base64, 'base64') !== size) throw invalid(`${at}: invalid base64 content`);
  return { bytes, type: type.trim(), charset: /;\s*charset="?([\w-]{1,40})/i.exec(parameters)?.[1] };
}

async function fetchFile(
  { at }: SentFile,
  url: string,
  { allowUrl, urlAllowlist, maxBytes, maxRedirects, timeoutMs }: Rules,
  { gone: signal, network }: FileServices,
): Promise<Content> {
  if (!allowUrl) throw invalid(`${at}: files by URL are not allowed (responses.files.allowUrl)`);
  const allowedHosts = urlAllowlist.length > 0 ? urlAllowlist : undefined;
  const { guardedFetch } = await import('../../../shared/net/guarded-fetch.js');
  try {
    return await guardedFetch({ url, maxBytes, maxRedirects, timeoutMs, allowedHosts, signal }, network);
  } catch {
    // Not why: that would tell what there is in the gateway's own network.
    throw invalid(`${at}: the file cannot be fetched, or is larger than ${maxBytes} bytes`);
  }
}

async function textOf(
  { at }: SentFile,
  { bytes, charset }: Content,
  type: FileType,
  { maxChars, pdf: { maxPages, minTextChars } }: Rules,
  { readDocument, gone }: FileServices,
): Promise<string> {
  if (type !== 'application/pdf' && type !== 'text/html') return plainText(at, bytes, charset, maxChars);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const outcome = await readDocument(
    { type, bytes: shared, charset, maxChars, maxPages, minTextChars },
    gone,
  );
  if (outcome.status === 'ok')
    return outcome.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const { kind, message } = outcome;
  if (kind === 'overloaded') throw new ApiError('overloaded', { cause: message });
  if (kind === 'failed') throw invalid(`${at}: the file cannot be read: ${message}`);
  throw invalid(`${at}: reading the file takes too much time or memory`);
}

/** Most bytes of a character. */
const CHAR_BYTES = 4;

function plainText(at: string, bytes: Buffer, charset: string | undefined, maxChars: number): string {
  const head = bytes.subarray(0, (maxChars + 1) * CHAR_BYTES);
  const text = decode(head, charset ?? markedEncoding(bytes));
  if (text.includes('\0')) throw invalid(`${at}: the file is no text`);
  if (text.length <= maxChars && head.length === bytes.length) return text;
  return `${text.slice(0, maxChars)}\n[cut after ${maxChars} characters]`;
}

/** What programs that write UTF-16 put in front of it. */
function markedEncoding(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function decode(bytes: Buffer, encoding: string): string {
  // As of a stream: what was cut may end in the middle of a character.
  return decoderOf(encoding).decode(bytes, { stream: true });
}

function decoderOf(encoding: string) {
  try {
    return new TextDecoder(encoding);
  } catch {
    return new TextDecoder(); // nobody knows that encoding
  }
}
