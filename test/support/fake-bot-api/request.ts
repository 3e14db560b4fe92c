/** Parameters of a call, however they are sent: in the address, as JSON, as a form, or as a form with files. */
import type { IncomingMessage } from 'node:http';

export interface UploadedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface ApiParams {
  /** Nested values are JSON, also where they were sent as text. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, UploadedFile>>;
}

export async function readParams(request: IncomingMessage, url: URL): Promise<ApiParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  const fromUrl = Object.fromEntries(url.searchParams);
  if (type.startsWith('application/json'))
    return { values: { ...fromUrl, ...(JSON.parse(body.toString() || '{}') as object) }, files: {} };
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const fields = Object.fromEntries(new URLSearchParams(body.toString()));
    return { values: parsed({ ...fromUrl, ...fields }), files: {} };
  }
  const [, boundary] = /^multipart\/form-data;\s*boundary="?([^";]+)/.exec(type) ?? [];
  if (boundary === undefined) return { values: parsed(fromUrl), files: {} };
  const { values, files } = readParts(body, boundary);
  return { values: parsed({ ...fromUrl, ...values }), files };
}

function readParts(body: Buffer, boundary: string) {
  const values: Record<string, string> = {};
  const files: Record<string, UploadedFile> = {};
  const text = body.toString('latin1');
  for (const part of text.split(`--${boundary}`).slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n');
    const head = Buffer.from(part.slice(0, end), 'latin1').toString();
    const bytes = Buffer.from(part.slice(end + 4, -2), 'latin1');
    const [, name = ''] = /\bname="?([^";\r]+)/.exec(head) ?? [];
    const [, file] = /\bfilename="?([^";\r]+)/.exec(head) ?? [];
    if (file === undefined) values[name] = bytes.toString();
    else files[name] = { name: file, bytes };
  }
  return { values, files };
}

function parsed(fields: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, /^[[{]/.test(value) ? JSON.parse(value) : value]),
  );
}
