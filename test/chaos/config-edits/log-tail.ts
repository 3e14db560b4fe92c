/** The messages that a gateway logs, read as they are written: what was read before is not read again. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface LogTail {
  /** Messages since the last call. */
  next(): readonly string[];
  close(): void;
}

export function tailLog(stateDir: string): LogTail {
  const dir = join(stateDir, 'logs');
  const [name] = readdirSync(dir).filter((entry) => entry.endsWith('.log'));
  const file = openSync(join(dir, name ?? ''), 'r');
  let at = fstatSync(file).size;
  let rest = '';
  return {
    next() {
      const buffer = Buffer.alloc(fstatSync(file).size - at);
      at += readSync(file, buffer, 0, buffer.length, at);
      const lines = (rest + buffer.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      return lines.map((line) => String((JSON.parse(line) as { readonly message?: unknown }).message));
    },
    close: () => closeSync(file),
  };
}
