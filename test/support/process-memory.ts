/** What a process holds in its memory, as far as it is its own: no files that are mapped into it (Linux). */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Pieces overlap, so that nothing is missed that lies across an end. */
const OVERLAP_BYTES = 256;

export function* memoryOf(pid: number): Generator<string> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from = '', to = '', file = ''] =
        /^([\da-f]+)-([\da-f]+) rw\S* \S+ \S+ \d+\s*(.*)$/.exec(line) ?? [];
      if (from === '' || (file !== '' && !file.startsWith('['))) continue;
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += CHUNK_BYTES - OVERLAP_BYTES) {
        const bytes = read(memory, chunk, at, Math.min(CHUNK_BYTES, end - at));
        if (bytes > 0) yield chunk.toString('latin1', 0, bytes);
      }
    }
  } finally {
    closeSync(memory);
  }
}

/** Nothing where a piece went away meanwhile. */
function read(memory: number, into: Buffer, at: number, bytes: number): number {
  try {
    return readSync(memory, into, 0, bytes, at);
  } catch {
    return 0;
  }
}
