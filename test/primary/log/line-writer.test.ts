import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { createLineWriter, type LineWriter } from '../../../src/primary/log/line-writer.js';
import { logLimits } from '../../../src/shared/log/limits.js';
import { temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

interface Written {
  readonly writer: LineWriter;
  /** Writes go here from now on. */
  redirect(path: string): void;
  readonly failures: string[];
  readonly dropped: number[];
}

/** A writer whose file can be exchanged for another one, as a disk that gets room again. */
function writeTo(test: TestContext, path: string): Written {
  const opened: number[] = [];
  test.onTestFinished(() => opened.forEach((descriptor) => closeSync(descriptor)));
  const redirect = (to: string): void => void opened.push(openSync(to, 'a', 0o600));
  redirect(path);
  const failures: string[] = [];
  const dropped: number[] = [];
  const writer = createLineWriter({
    target: () => opened.at(-1) ?? -1,
    failed: (error) => failures.push((error as NodeJS.ErrnoException).code ?? ''),
    dropped: (lines) => dropped.push(lines),
    closed: () => {},
  });
  return { writer, redirect, failures, dropped };
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`);

describe('lines', () => {
  it('are written in order, while they come and at the close', async (test) => {
    const file = join(temporaryDir(), 'log');
    const { writer, failures } = writeTo(test, file);
    for (const line of numbered(100)) writer.write(`${line}\n`);
    await waitFor('the lines', () => linesOf(file).length === 100);
    writer.write('grün\n');
    await waitFor('one more', () => linesOf(file).length === 101);
    expect(writer.close()).toBe(0);
    expect(linesOf(file)).toEqual([...numbered(100), 'grün']);
    expect(failures).toEqual([]);
  });

  it('that wait at the close are written then, and none after it', async (test) => {
    const file = join(temporaryDir(), 'log');
    const { writer, redirect, failures } = writeTo(test, '/dev/full');
    for (const line of numbered(3)) writer.write(`${line}\n`);
    await waitFor('a failure', () => failures.length > 0);
    redirect(file);
    expect(writer.close()).toBe(0);
    writer.write('too late\n');
    expect(writer.close()).toBe(0);
    expect(linesOf(file)).toEqual(numbered(3));
  });
});

describe('a full disk', () => {
  it('is reported once and does not hold the close, which counts what is lost', async (test) => {
    const { writer, failures } = writeTo(test, '/dev/full');
    for (const line of numbered(3)) writer.write(`${line}\n`);
    await waitFor('a failure', () => failures.length > 0);
    expect(writer.close()).toBe(3);
    expect(failures).toEqual(['ENOSPC']);
  });

  it('that gets room again has every line that waited, in order', async (test) => {
    const file = join(temporaryDir(), 'log');
    const { writer, redirect, failures, dropped } = writeTo(test, '/dev/full');
    for (const line of numbered(3)) writer.write(`${line}\n`);
    await waitFor('a failure', () => failures.length > 0);
    redirect(file);
    writer.write('line 3\n');
    await waitFor('the lines', () => linesOf(file).length === 4);
    expect(linesOf(file)).toEqual(numbered(4));
    expect(dropped).toEqual([]);
  });

  it('keeps no more lines than the limit; how many were dropped is told when there is room', async (test) => {
    const file = join(temporaryDir(), 'log');
    const { writer, redirect, failures, dropped } = writeTo(test, '/dev/full');
    const line = `${'x'.repeat(64 * 1024 - 1)}\n`;
    const fitting = logLimits.unwrittenBytes / line.length;
    for (let i = 0; i < fitting + 5; i += 1) writer.write(line);
    await waitFor('a failure', () => failures.length > 0);
    redirect(file);
    writer.write('one more, to try again\n');
    await waitFor('the report', () => dropped.length > 0);
    expect(dropped).toEqual([6]);
    expect(linesOf(file)).toHaveLength(fitting);
  });
});
