/** The end of a log file, without reading what comes before. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Its last lines, whole ones, as far as they fit into so many bytes; none when it cannot be read. */
export function lastLines(path: string, bytes: number): string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return []; // no log yet, or not ours to read: the report goes on without it
  }
  try {
    const from = Math.max(0, fstatSync(file).size - bytes);
    const end = Buffer.alloc(bytes);
    const length = readSync(file, end, 0, bytes, from);
    const lines = end.toString('utf8', 0, length).split('\n');
    return (from > 0 ? lines.slice(1) : lines).filter((line) => line !== '');
  } finally {
    closeSync(file);
  }
}
