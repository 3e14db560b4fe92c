/** The part of a page in docs/ that is written from the source. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const BEGIN = '<!-- BEGIN REFERENCE: `npm run docs` writes what follows from the source -->';
const END = '<!-- END REFERENCE -->';

/** Holds a page to its reference; with `npm run docs` writes it. */
export async function expectReference(name: string, reference: string): Promise<void> {
  const page = fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  expect(before).toBeGreaterThan(0);
  expect(after).toBeGreaterThan(before);
  const written = `${text.slice(0, before)}${BEGIN}\n\n${reference}\n\n${text.slice(after)}`;
  await expect(written).toMatchFileSnapshot(page);
}
