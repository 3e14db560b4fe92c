/** What the `config.*` methods take (methods.md §6). */
import * as v from 'valibot';
import { about, compile } from '../../../shared/schema.js';
import { longText, none } from './param-types.js';

export const configParams = {
  'config.get': none,
  'config.schema': none,
  'config.schema.lookup': compile(
    v.strictObject({ path: about('As `models.providers.*.models[].id`; empty: the root.', longText(1_024)) }),
  ),
};
