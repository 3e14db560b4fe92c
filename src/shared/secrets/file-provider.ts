/**
 * Secrets in a file (secrets.md §3.2): opened once for all its refs, judged by what was opened and not by what the
 * name means a moment later, and read no further than it may be.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { FileProviderConfig } from '../config/secrets-schema.js';
import { expandHome } from '../paths.js';
import { errorCode } from '../to-error.js';
import { SecretFailure, type ReadId } from './failure.js';
import { currentUser, requireSafeFolders, secretFileProblem } from './file-safety.js';
import { SINGLE_VALUE } from './ref.js';
import { withDeadline } from './with-deadline.js';

/** Gives what each id means. @throws SecretFailure when the file cannot be used, and from the reader for an id */
export async function openSecretFile(
  provider: FileProviderConfig,
  home: string,
  signal: AbortSignal,
): Promise<ReadId> {
  const text = await withDeadline(provider.timeoutMs, signal, 'reading the file', () =>
    readPrivateText(expandHome(provider.path, home), provider.maxBytes),
  );
  if (provider.mode === 'singleValue') return singleValue(text);
  const document = parseRoot(text);
  return (id) => {
    if (id === SINGLE_VALUE)
      throw new SecretFailure('NOT_FOUND', `id "${SINGLE_VALUE}" is for files in mode singleValue`);
    return textAt(document, id);
  };
}

function singleValue(text: string): ReadId {
  const value = text.replace(/\r?\n$/, '');
  return (id) => {
    if (id !== SINGLE_VALUE)
      throw new SecretFailure('NOT_FOUND', `a file in mode singleValue has the id "${SINGLE_VALUE}" only`);
    return value;
  };
}

async function readPrivateText(path: string, maxBytes: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // Without waiting for a writer, should it be a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await file.stat();
    if (!facts.isFile()) throw new SecretFailure('UNSAFE', 'not a regular file');
    const problem = secretFileProblem(facts, currentUser());
    if (problem !== undefined) throw new SecretFailure('UNSAFE', problem);
    await requireSafeFolders(path);
    if (facts.size > maxBytes) throw tooLarge(maxBytes);
    return decode(await readAtMost(file, maxBytes));
  } catch (caught) {
    if (caught instanceof SecretFailure) throw caught;
    const code = errorCode(caught);
    if (code === 'ENOENT') throw new SecretFailure('NOT_FOUND', 'there is no such file');
    throw new SecretFailure('UNAVAILABLE', `the file cannot be read (${code ?? 'unknown error'})`);
  } finally {
    await file?.close();
  }
}

/** The size that was told may have grown meanwhile. */
async function readAtMost(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  while (length <= maxBytes) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): SecretFailure {
  return new SecretFailure('TOO_LARGE', `the file has more than ${maxBytes} bytes`);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SecretFailure('INVALID_OUTPUT', 'the file is not UTF-8');
  }
}

function parseRoot(text: string): object {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    // What the parser says would show a piece of it.
    throw new SecretFailure('INVALID_OUTPUT', 'the file is not valid JSON');
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root))
    throw new SecretFailure('INVALID_OUTPUT', 'the file holds no JSON object');
  return root;
}

/** RFC 6901. */
function textAt(root: object, pointer: string): string {
  const value = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (parent, key) =>
        typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key)
          ? (parent as Readonly<Record<string, unknown>>)[key]
          : undefined,
      root,
    );
  if (value === undefined) throw new SecretFailure('NOT_FOUND', 'there is no such value in the file');
  if (typeof value !== 'string') throw new SecretFailure('INVALID_VALUE', 'the value is not a string');
  return value;
}
