/** The store at start (runs-and-events.md §7): what cannot be read is never overwritten unasked. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startGateway, temporaryDir } from '../support/gateway.js';

const GARBAGE = 'not a store '.repeat(2_000);

function withBrokenStore(): { stateDir: string; file: string } {
  const stateDir = temporaryDir();
  const file = join(stateDir, 'store', 'data.mdb');
  mkdirSync(join(stateDir, 'store'));
  writeFileSync(file, GARBAGE);
  return { stateDir, file };
}

it('a store that cannot be read stops the start with 78 and is left as it is', async () => {
  const { stateDir, file } = withBrokenStore();
  const gateway = await startGateway({ stateDir, started: false });
  expect(await gateway.exited).toBe(78);
  expect(gateway.stderr()).toContain(
    `cannot open the store ${join(stateDir, 'store')}: the file is not an LMDB file`,
  );
  expect(gateway.stderr()).toContain('--allow-empty-store');
  expect(readFileSync(file, 'utf8')).toBe(GARBAGE);
});

it('with --allow-empty-store it is moved aside, and the gateway starts', async () => {
  const { stateDir } = withBrokenStore();
  const gateway = await startGateway({ stateDir, args: ['--allow-empty-store'] });
  const [aside] = readdirSync(stateDir).filter((name) => /^store\.corrupt\.\d+$/.test(name));
  expect(readFileSync(join(stateDir, aside ?? '', 'data.mdb'), 'utf8')).toBe(GARBAGE);
  await gateway.stop();
});

it('nobody else can read the store of a gateway', async () => {
  const stateDir = temporaryDir();
  const gateway = await startGateway({ stateDir });
  const modes = ['', 'data.mdb', 'lock.mdb'].map(
    (name) => statSync(join(stateDir, 'store', name)).mode & 0o077,
  );
  expect(modes).toEqual([0, 0, 0]);
  await gateway.stop();
});
