/**
 * What files look like from outside: enough to see that one changed, was put in the place of another, or is reached over
 * other links than before; and the folders in which that shows. Nothing is read.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import { errorCode } from '../../shared/to-error.js';

export interface FilePrint {
  /** Equal as long as nothing changed. */
  readonly text: string;
  /** Of the first file. */
  readonly state: 'there' | 'missing' | 'unreadable';
  /** Every folder that has one of the files, or a link on the way to it. */
  readonly folders: ReadonlySet<string>;
}

/** As many as Linux follows. */
const LINKS = 40;

export async function printOf(files: readonly string[]): Promise<FilePrint> {
  const folders = new Set<string>();
  const followed: Followed[] = [];
  for (const file of files) followed.push(await follow(file, folders));
  const text = followed.map(({ links, end }) => [...links, end].join(' ')).join('\n');
  return { text, state: followed[0]?.state ?? 'missing', folders };
}

interface Followed {
  readonly links: readonly string[];
  readonly end: string;
  readonly state: FilePrint['state'];
}

/** Step by step, as the system does it, since each link on the way may be what is changed. */
async function follow(path: string, folders: Set<string>): Promise<Followed> {
  folders.add(dirname(path));
  const links: string[] = [];
  let [at, rest] = split(path);
  for (;;) {
    const part = rest.shift();
    if (part === undefined) return { links, end: 'root', state: 'unreadable' };
    const here = join(at, part);
    let stat: BigIntStats;
    try {
      stat = await lstat(here, { bigint: true });
      if (stat.isSymbolicLink()) {
        folders.add(at);
        const target = await readlink(here);
        links.push(target);
        if (links.length > LINKS) return { links, end: 'ELOOP', state: 'unreadable' };
        const further = rest;
        [at, rest] = split(isAbsolute(target) ? target : resolve(at, target));
        rest.push(...further);
        continue;
      }
    } catch (caught) {
      const code = errorCode(caught) ?? 'failed';
      const missing = code === 'ENOENT' || code === 'ENOTDIR';
      return { links, end: code, state: missing ? 'missing' : 'unreadable' };
    }
    if (rest.length === 0) {
      folders.add(at);
      const { dev, ino, size, mtimeNs, ctimeNs } = stat;
      return { links, end: [dev, ino, size, mtimeNs, ctimeNs].join(':'), state: 'there' };
    }
    at = here;
  }
}

function split(path: string): [string, string[]] {
  const { root } = parse(path);
  return [
    root,
    path
      .slice(root.length)
      .split(sep)
      .filter((part) => part !== ''),
  ];
}
