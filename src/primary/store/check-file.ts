/**
 * Looks at an LMDB file before it is opened: the native library ends the process when the file is not one or was
 * cut off. Layout: two meta pages, of which the one with the higher transaction number counts.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where things are in a meta page of LMDB's data version 2, little endian. */
const META = { magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152, bytes: 160 } as const;
const MAGIC = 0xbeefc0de;
const VERSION = 2;

/** Nothing to complain of when the file is missing or empty: it will be made. @throws Error saying what is wrong */
export function checkStoreFile(file: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (caught) {
    if ((caught as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw caught;
  }
  try {
    if (fstatSync(descriptor).size === 0) return;
    const first = readMeta(descriptor, 0);
    const second = readMeta(descriptor, first.pageSize);
    // Afterwards: where a gateway writes, the file grows before a meta page says so.
    const { size } = fstatSync(descriptor);
    const { lastPage } = second.transaction > first.transaction ? second : first;
    const needed = (lastPage + 1n) * BigInt(first.pageSize);
    if (BigInt(size) < needed) throw new Error(`the file was cut off: ${size} of ${needed} bytes`);
  } finally {
    closeSync(descriptor);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

function readMeta(descriptor: number, at: number): Meta {
  const page = Buffer.alloc(META.bytes);
  const read = readSync(descriptor, page, 0, META.bytes, at);
  if (read < META.bytes || page.readUInt32LE(META.magic) !== MAGIC)
    throw new Error('the file is not an LMDB file');
  const version = page.readUInt32LE(META.version) & 0xffff;
  if (version !== VERSION) throw new Error(`the file has data version ${version}, not ${VERSION}`);
  return {
    pageSize: page.readUInt32LE(META.pageSize),
    lastPage: page.readBigUInt64LE(META.lastPage),
    transaction: page.readBigUInt64LE(META.transaction),
  };
}
