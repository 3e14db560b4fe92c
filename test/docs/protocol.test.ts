/** `npm run docs` writes the reference in docs/protocol.md anew; without it this test says whether it has to. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { protocolReference } from './reference/protocol.js';

const BEGIN = '<!-- BEGIN REFERENCE: `npm run docs` writes what follows from the source -->';
const END = '<!-- END REFERENCE -->';
const page = fileURLToPath(new URL('../../docs/protocol.md', import.meta.url));

it('docs/protocol.md says what the source says; else run `npm run docs`', async () => {
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  expect(before).toBeGreaterThan(0);
  expect(after).toBeGreaterThan(before);
  const written = `${text.slice(0, before)}${BEGIN}\n\n${protocolReference()}\n\n${text.slice(after)}`;
  await expect(written).toMatchFileSnapshot(page);
});
