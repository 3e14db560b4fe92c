import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLogger } from '../../../../src/shared/log/logger.js';
import { logLimits } from '../../../../src/shared/log/limits.js';
import { mcpLimits } from '../../../../src/shared/tools/limits.js';
import { createIntake } from '../../../../src/workers/tools/mcp/intake.js';
import { logPrintedLines } from '../../../../src/workers/tools/mcp/printed-lines.js';
import { waitFor } from '../../../support/wait-for.js';

function open() {
  const said: string[] = [];
  const sink = {
    write: (line: string) => void said.push((JSON.parse(line) as { message: string }).message),
  };
  const log = createLogger({ sink, level: 'debug', subsystem: 'tools' });
  const stream = new PassThrough();
  logPrintedLines(stream, 'one', createIntake(), log);
  return { said, stream };
}

it('logs a few lines of a flood, and counts the others in one', async () => {
  const { said, stream } = open();
  const lines = Array.from({ length: 10_000 }, (_, n) => `line ${n}\n`).join('');
  stream.end(lines);
  await waitFor('the count', () => said.some((line) => line.includes('more lines')));
  const few = Array.from({ length: logLimits.repeats }, (_, n) => `one: line ${n}`);
  expect(said).toEqual([...few, `one: … and ${10_000 - logLimits.repeats} more lines`]);
});

it('keeps no more of a line than it shows, also of one that never ends', async () => {
  const { said, stream } = open();
  for (let n = 0; n < 20; n += 1) stream.write('x'.repeat(100_000));
  stream.end('\nafter it\n');
  await waitFor('what comes after it', () => said.length === 2);
  expect(said).toEqual([`one: ${'x'.repeat(mcpLimits.printedChars)}`, 'one: after it']);
});
