/** A schema with a key that nobody said what its changes do does not compile: shown with a copy of the sources. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const config = 'src/shared/config';

describe('the build', () => {
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'pllan-schema-'));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const name of ['package.json', 'tsconfig.json']) cpSync(join(root, name), join(copy, name));
    writeFileSync(
      join(copy, 'tsconfig.rules.json'),
      JSON.stringify({ extends: './tsconfig.json', files: [`${config}/reload/rules.ts`], include: [] }),
    );
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** What the compiler says of the sources with these places in them changed. */
  function compile(changes: readonly (readonly [file: string, from: string, to: string])[]): string {
    cpSync(join(root, 'src/shared'), join(copy, 'src/shared'), { recursive: true });
    for (const [file, from, to] of changes) {
      const path = join(copy, config, file);
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
    }
    try {
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      return execFileSync(process.execPath, [tsc, '-p', 'tsconfig.rules.json'], {
        cwd: copy,
        encoding: 'utf8',
      });
    } catch (failed) {
      return (failed as { readonly stdout: string }).stdout;
    }
  }

  it('fails for keys, sections and maps that are new in the schema, and names them', () => {
    const scalar = 'readonly handshakeTimeoutMs: number;';
    const said = compile([
      [
        'schema.ts',
        scalar,
        `${scalar} readonly colour: string; readonly looks: { readonly size: string | null };`,
      ],
      ['structures.ts', 'env: compile(Env),', "env: compile(Env), 'gateway.colours': compile(anything),"],
    ]);
    expect(said).toMatch(/rules\.ts\(\d+,\d+\): error TS/);
    for (const path of ['gateway.colour', 'gateway.looks.size', 'gateway.colours'])
      expect(said).toContain(`"${path}"`);
  });

  it('fails for a rule that is gone', () => {
    const said = compile([['reload/rules.ts', "restart('gateway.port'),", '']]);
    expect(said).toMatch(/rules\.ts\(\d+,\d+\): error TS/);
    expect(said).toContain('"gateway.port"');
  });
});
