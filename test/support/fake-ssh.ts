/** An `ssh` command that forwards as the real one does, as far as its arguments say. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir } from './gateway.js';

export interface FakeSsh {
  /** A search path on which it comes first. */
  readonly path: string;
  /** The arguments of every call so far. */
  calls(): readonly (readonly string[])[];
  /** Of the processes that it was. */
  pids(): readonly number[];
}

export function fakeSsh(): FakeSsh {
  const dir = temporaryDir();
  const calls = join(dir, 'calls');
  const script = `#!${process.execPath}
    const net = require('node:net');
    const [, local, , remote] = process.argv[process.argv.indexOf('-L') + 1].split(':');
    require('node:fs').appendFileSync(${JSON.stringify(calls)}, JSON.stringify({ pid: process.pid, args: process.argv.slice(2) }) + '\\n');
    net.createServer((from) => {
      const to = net.connect(Number(remote), '127.0.0.1');
      from.pipe(to).pipe(from);
      for (const socket of [from, to]) socket.on('error', () => [from, to].forEach((end) => end.destroy()));
    }).listen(Number(local), '127.0.0.1');`;
  writeFileSync(join(dir, 'ssh'), script, { mode: 0o755 });
  const made = (): { readonly pid: number; readonly args: readonly string[] }[] =>
    existsSync(calls)
      ? readFileSync(calls, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as { pid: number; args: string[] })
      : [];
  return {
    path: `${dir}:${process.env.PATH}`,
    calls: () => made().map(({ args }) => args),
    pids: () => made().map(({ pid }) => pid),
  };
}
