import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mcpLimits } from '../../../../src/shared/tools/limits.js';
import { createIntake } from '../../../../src/workers/tools/mcp/intake.js';
import { createLineReader } from '../../../../src/workers/tools/mcp/line-reader.js';

function read() {
  const stream = new PassThrough();
  const lines: string[] = [];
  const endings: unknown[] = [];
  createLineReader(stream, {
    intake: createIntake(),
    line: (text) => void lines.push(text),
    failed: (ending) => void endings.push(ending),
  });
  return { stream, lines, endings };
}

it('gives whole lines, also of single bytes', async () => {
  const { stream, lines, endings } = read();
  for (const byte of Buffer.from('{"a":"漢"}\n\n{"b":1}\nrest')) stream.write(Buffer.of(byte));
  await nextTurn();
  expect(lines).toEqual(['{"a":"漢"}', '', '{"b":1}']);
  expect(endings).toEqual([]);
});

it('ends with a line that is too long, before it has ended', async () => {
  const { stream, lines, endings } = read();
  const half = Buffer.alloc(mcpLimits.messageBytes / 2, 'x');
  for (const piece of [half, half, Buffer.of(0x78)]) stream.write(piece);
  await nextTurn();
  expect(lines).toEqual([]);
  expect(endings).toHaveLength(1);
  expect(stream.destroyed).toBe(true);
});
