import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLogFile, type LogFile, type LogFileOptions } from '../../../src/primary/log/file-sink.js';
import { temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

function open(over: Partial<LogFileOptions> = {}): LogFile & { readonly dir: string } {
  const dir = over.dir ?? join(temporaryDir(), 'logs');
  const file = openLogFile({
    dir,
    configured: null,
    maxFileBytes: 4_096,
    retentionDays: 7,
    now: () => new Date(2026, 0, 10),
    lost: () => {},
    ...over,
  });
  return { ...file, dir };
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Writes and waits until it is there, so that each line is a write of its own. */
async function put(file: LogFile, text: string, path = file.path): Promise<void> {
  file.write(`${text}\n`, 30);
  await waitFor(`line ${text.slice(0, 20)}`, () => textOf(path).includes(`${text}\n`));
}

describe('the log file', () => {
  it('is of its day, its owner’s only, and another one after midnight', async () => {
    let day = new Date(2026, 0, 31, 23, 59);
    const file = open({ now: () => day });
    await put(file, 'before');
    day = new Date(2026, 1, 1, 0, 0);
    await put(file, 'after', join(file.dir, 'pllan-2026-02-01.log'));
    expect(readdirSync(file.dir)).toEqual(['pllan-2026-01-31.log', 'pllan-2026-02-01.log']);
    expect(textOf(join(file.dir, 'pllan-2026-01-31.log'))).toBe('before\n');
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(statSync(file.dir).mode & 0o777).toBe(0o700);
  });

  it('is for whom its folder is, whoever opens it', async () => {
    const dir = temporaryDir();
    // Only root can give a file away.
    const { uid } = process.getuid?.() === 0 ? { uid: 65_534 } : statSync(dir);
    chownSync(dir, uid, statSync(dir).gid);
    const file = open({ dir });
    await put(file, 'x'.repeat(4_096));
    await put(file, 'another');
    expect(readdirSync(dir)).toHaveLength(2);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).uid).toBe(uid);
  });

  it('is moved aside when it is full; five of those are kept', async () => {
    const file = open();
    for (let i = 1; i <= 8; i += 1) await put(file, `${i} ${'x'.repeat(4_096)}`);
    const names = readdirSync(file.dir).toSorted();
    const [name = ''] = names;
    expect(names).toEqual([name, ...[1, 2, 3, 4, 5].map((n) => `${name}.${n}`)]);
    expect(names.map((one) => textOf(join(file.dir, one)).split(' ')[0])).toEqual([
      '8',
      '7',
      '6',
      '5',
      '4',
      '3',
    ]);
  });

  it('is moved aside as well when it has a name of its own', async () => {
    const path = join(temporaryDir(), 'own.log');
    const file = open({ configured: path });
    await put(file, `1 ${'x'.repeat(4_096)}`);
    await put(file, '2');
    expect([textOf(path), textOf(`${path}.1`).slice(0, 2)]).toEqual(['2\n', '1 ']);
  });

  it('grows on where it cannot be moved aside', async () => {
    const path = join(temporaryDir(), 'own.log');
    writeFileSync(`${path}.4`, '');
    mkdirSync(join(`${path}.5`, 'in the way'), { recursive: true });
    const file = open({ configured: path });
    await put(file, 'x'.repeat(4_096));
    await put(file, 'more');
    await put(file, 'and more');
    expect(textOf(path)).toMatch(/x\nmore\nand more\n$/);
  });
});

describe('old log files', () => {
  const dir = (): string => {
    const made = temporaryDir();
    for (const name of ['2026-01-01.log', '2026-01-02.log.1', '2026-01-03.log', '2026-01-04.log', 'x.log'])
      writeFileSync(join(made, `pllan-${name}`), '');
    writeFileSync(join(made, 'other.log'), '');
    return made;
  };

  it('go at the start and with each new day, once they are older than the retention', async () => {
    let day = new Date(2026, 0, 10);
    const file = open({ dir: dir(), now: () => day });
    const kept = ['other.log', 'pllan-2026-01-03.log', 'pllan-2026-01-04.log', 'pllan-2026-01-10.log'];
    expect(readdirSync(file.dir)).toEqual([...kept, 'pllan-x.log']);
    day = new Date(2026, 0, 11);
    await put(file, 'next day', join(file.dir, 'pllan-2026-01-11.log'));
    expect(readdirSync(file.dir)).not.toContain('pllan-2026-01-03.log');
    expect(readdirSync(file.dir)).toContain('pllan-2026-01-04.log');
  });

  it('stay where the log has a name of its own', () => {
    const file = open({ dir: dir(), configured: join(temporaryDir(), 'own.log') });
    expect(readdirSync(file.dir)).toHaveLength(6);
  });
});
