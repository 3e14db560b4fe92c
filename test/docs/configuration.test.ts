/** `npm run docs` writes the reference in docs/configuration.md anew; without it this test says whether it has to. */
import { it } from 'vitest';
import { configReference } from './reference/config.js';
import { expectReference } from './reference/between.js';

it('docs/configuration.md says what the schema says; else run `npm run docs`', async () => {
  await expectReference('configuration.md', configReference());
});
