/** What operators look for in logs and errors is what a real gateway says, and what the page explains (operations.md §12). */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { signatures } from './signatures.js';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/troubleshooting.md');

it.each(signatures)('$shown', ({ shown, file, name, matched = shown }) => {
  expect(page).toContain(shown);
  const test = read(`test/${file}.test.ts`);
  expect(test).toContain(`'${name}'`);
  expect(test).toContain(matched);
});
