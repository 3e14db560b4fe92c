import { EventEmitter } from 'node:events';
import type { FSWatcher } from 'node:fs';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { printOf } from '../../../src/primary/config/file-print.js';
import { createConfigWatch, type ConfigWatchOptions } from '../../../src/primary/config/watch.js';
import type { Logger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

interface Place {
  readonly dir: string;
  readonly file: string;
  readonly told: string[];
  readonly warnings: string[];
  readonly debounces: () => number;
  open(over?: Partial<ConfigWatchOptions>): Promise<ReturnType<typeof createConfigWatch>>;
  hears(what: 'changed' | 'missing', times?: number): Promise<unknown>;
}

function place(name = 'pllan.json'): Place {
  const dir = temporaryDir();
  const file = join(dir, name);
  const told: string[] = [];
  const warnings: string[] = [];
  let debounces = 0;
  const log = { warn: (_event: string, message: string) => warnings.push(message) } as unknown as Logger;
  return {
    dir,
    file,
    told,
    warnings,
    debounces: () => debounces,
    async open(over = {}) {
      const files = over.files ?? [file];
      const watch = createConfigWatch({
        files,
        seen: await printOf(files),
        debounceMs() {
          debounces += 1;
          return 30;
        },
        tell: (what) => told.push(what),
        log,
        // What the system does not say must not be found by chance.
        pollMs: 600_000,
        ...over,
      });
      onTestFinished(() => watch.stop());
      return watch;
    },
    hears: (what, times = 1) =>
      waitFor(`told ${what} ${times} times`, () => told.filter((heard) => heard === what).length >= times),
  };
}

/** How editors and tools save. */
const saves: Readonly<Record<string, (file: string) => void>> = {
  'in place': (file) => writeFileSync(file, '{"a":2}'),
  'with a new file that is renamed over it'(file) {
    writeFileSync(`${file}.tmp`, '{"a":2}');
    renameSync(`${file}.tmp`, file);
  },
  'after the old file was renamed away'(file) {
    renameSync(file, `${file}~`);
    writeFileSync(file, '{"a":2}');
  },
  'in steps'(file) {
    writeFileSync(file, '');
    writeFileSync(file, '{"a":');
    writeFileSync(file, '2}', { flag: 'a' });
  },
};

it.each(Object.entries(saves))(
  'tells once of a file that is written %s, and again of the next',
  async (_how, save) => {
    const at = place();
    writeFileSync(at.file, '{"a":1}');
    await at.open();
    save(at.file);
    await at.hears('changed');
    save(at.file);
    await at.hears('changed', 2);
    expect(at.told).toEqual(['changed', 'changed']);
  },
);

it('says nothing of other files beside it', async () => {
  const at = place();
  writeFileSync(at.file, '{}');
  await at.open();
  for (let count = 0; count < 20; count += 1) writeFileSync(join(at.dir, `other-${count}`), 'x');
  utimesSync(at.file, 1, 1);
  await at.hears('changed');
  expect(at.told).toEqual(['changed']);
});

it('tells of a folder that a link leads to and that is swapped', async () => {
  const at = place();
  const version = (name: string): void => {
    mkdirSync(join(at.dir, name));
    writeFileSync(join(at.dir, name, 'pllan.json'), '{}');
    symlinkSync(name, join(at.dir, '..data.tmp'));
    renameSync(join(at.dir, '..data.tmp'), join(at.dir, '..data'));
  };
  version('..1');
  symlinkSync('..data/pllan.json', at.file);
  await at.open();
  version('..2');
  await at.hears('changed');
  rmSync(join(at.dir, '..1'), { recursive: true });
  version('..3');
  await at.hears('changed', 2);
  expect(at.warnings).toEqual([]);
});

it('tells of a file behind a link that is written where it is', async () => {
  const at = place();
  const elsewhere = join(temporaryDir(), 'real.json');
  writeFileSync(elsewhere, '{}');
  symlinkSync(elsewhere, at.file);
  await at.open();
  writeFileSync(elsewhere, '{"a":1}');
  await at.hears('changed');
});

it('follows other files when it is told to', async () => {
  const at = place();
  const further = join(at.dir, 'conf.d', 'agents.json');
  mkdirSync(join(at.dir, 'conf.d'));
  writeFileSync(at.file, '{}');
  writeFileSync(further, '{}');
  const watch = await at.open();
  watch.follow([at.file, further]);
  // What they looked like before is not known.
  await at.hears('changed');
  writeFileSync(further, '{"list":[]}');
  await at.hears('changed', 2);
  watch.follow([at.file]);
  await at.hears('changed', 3);
});

it('tells of a file that is gone after three rounds, and when it is back', async () => {
  const at = place();
  writeFileSync(at.file, '{}');
  await at.open();
  rmSync(at.file);
  await at.hears('missing');
  expect(at.debounces()).toBe(3);
  writeFileSync(at.file, '{}');
  await at.hears('changed');
  expect(at.told).toEqual(['missing', 'changed']);
});

it('tells of a file whose folder was put in the place of another', async () => {
  const at = place(join('etc', 'pllan.json'));
  const folder = join(at.dir, 'etc');
  mkdirSync(folder);
  writeFileSync(at.file, '{}');
  await at.open({ pollMs: 20 });
  renameSync(folder, `${folder}.old`);
  mkdirSync(folder);
  writeFileSync(at.file, '{"a":1}');
  await at.hears('changed');
  writeFileSync(at.file, '{"a":2}');
  await at.hears('changed', 2);
});

it('waits for a folder that is not there yet, without a word', async () => {
  const at = place(join('etc', 'pllan.json'));
  const watch = await at.open({ pollMs: 20 });
  await waitFor('polling', () => watch.state === 'polling');
  mkdirSync(join(at.dir, 'etc'));
  writeFileSync(at.file, '{}');
  await at.hears('changed');
  await waitFor('watching', () => watch.state === 'watching');
  expect(at.warnings).toEqual([]);
});

it('tells of the first look when nobody looked before', async () => {
  const at = place();
  writeFileSync(at.file, '{}');
  createdWithoutPrint(at);
  await at.hears('changed');
});

it('looks at the files when the system can watch no more, says so once, and watches again when it can', async () => {
  const at = place();
  writeFileSync(at.file, '{}');
  let full = true;
  const watchers: FSWatcher[] = [];
  const watch = await at.open({
    pollMs: 20,
    watch() {
      if (full) throw Object.assign(new Error('ENOSPC: no watches left'), { code: 'ENOSPC' });
      const watcher = Object.assign(new EventEmitter(), { close() {} }) as unknown as FSWatcher;
      watchers.push(watcher);
      return watcher;
    },
  });
  await waitFor('polling', () => watch.state === 'polling');
  writeFileSync(at.file, '{"a":1}');
  await at.hears('changed');
  expect(at.warnings).toHaveLength(1);
  expect(at.warnings[0]).toContain('ENOSPC');
  full = false;
  await waitFor('watching', () => watch.state === 'watching');
  // A watcher may also fail later.
  full = true;
  for (const watcher of watchers) watcher.emit('error', new Error('gone'));
  await waitFor('polling', () => watch.state === 'polling');
  writeFileSync(at.file, '{"a":2}');
  await at.hears('changed', 2);
});

it('says nothing after its end', async () => {
  const at = place();
  writeFileSync(at.file, '{}');
  const watch = await at.open();
  const other = place();
  writeFileSync(other.file, '{}');
  await other.open();
  watch.stop();
  writeFileSync(at.file, '{"a":1}');
  writeFileSync(other.file, '{"a":1}');
  await other.hears('changed');
  expect(at.told).toEqual([]);
});

function createdWithoutPrint({ file, told }: Place): void {
  const log = { warn() {} } as unknown as Logger;
  const watch = createConfigWatch({
    files: [file],
    debounceMs: () => 1,
    tell: (what) => told.push(what),
    log,
  });
  onTestFinished(() => watch.stop());
}
