/** `npm run docs` writes the reference in docs/protocol.md anew; without it this test says whether it has to. */
import { it } from 'vitest';
import { expectReference } from './reference/between.js';
import { protocolReference } from './reference/protocol.js';

it('docs/protocol.md says what the source says; else run `npm run docs`', async () => {
  await expectReference('protocol.md', protocolReference());
});
