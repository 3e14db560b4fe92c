/** Sends a file: whole, or that the client has it already. What has been opened is closed, however it ends. */
import { pipeline } from 'node:stream/promises';
import { httpLimits } from '../../../shared/limits.js';
import type { Exchange } from '../exchange.js';
import type { FoundFile } from './find-file.js';
import { inlineScripts, pageHeaders } from './page-headers.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
  '.mp4': 'video/mp4',
};

export interface SentFile {
  readonly file: FoundFile;
  /** Its name tells its content: it never changes. */
  readonly immutable: boolean;
  /** A client that takes nothing for this long is cut off. */
  readonly stalledMs: number;
}

export async function sendFile(exchange: Exchange, { file, immutable, stalledMs }: SentFile): Promise<void> {
  const { handle, size, mtimeMs, extension } = file;
  const { request, response } = exchange;
  try {
    // Read whole, since what may run in a page must be known before its head is sent.
    const page =
      extension === '.html' && size <= httpLimits.pageBytes ? await handle.readFile('utf8') : undefined;
    if (exchange.closed) return;
    const tag = `W/"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}"`;
    const modified = new Date(mtimeMs);
    const fields = [
      'Cache-Control',
      immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      'ETag',
      tag,
      'Last-Modified',
      modified.toUTCString(),
      ...exchange.begin(),
      ...pageHeaders(page === undefined ? [] : inlineScripts(page)),
    ];
    if (isKnown(request.headers['if-none-match'], request.headers['if-modified-since'], tag, modified)) {
      response.writeHead(304, fields).end();
      return;
    }
    const length = page === undefined ? size : Buffer.byteLength(page);
    const type = types[extension] ?? 'application/octet-stream';
    response.writeHead(200, ['Content-Type', type, 'Content-Length', String(length), ...fields]);
    response.setTimeout(stalledMs);
    if (request.method === 'HEAD') response.end();
    else if (page !== undefined) response.end(page);
    // No further than what was announced, should the file grow meanwhile.
    else if (size === 0) response.end();
    else await pipeline(handle.createReadStream({ end: size - 1, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

function isKnown(tags: string | undefined, since: string | undefined, tag: string, modified: Date): boolean {
  if (tags !== undefined) return tags === '*' || tags.split(',').some((one) => one.trim() === tag);
  return since !== undefined && Date.parse(since) >= Math.floor(modified.getTime() / 1000) * 1000;
}
