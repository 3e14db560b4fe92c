/** What the `config.*` methods take (methods.md §6). */
import * as v from 'valibot';
import { about, compile, ignored, list } from '../../../shared/schema.js';
import { restartLimits } from '../../../shared/limits.js';
import { configLimits } from '../../../shared/config/limits.js';
import { longText, milliseconds, name, none, key, optional, text } from './param-types.js';

const raw = (meaning: string) => about(meaning, longText(configLimits.fileBytes));
const baseHash = optional(about('`hash` of `config.get`; required where the file exists.', text(64)));

/** Of the restart that a change may need. */
const afterwards = {
  sessionKey: optional(about('The session that is told after a restart, in its next turn.', key)),
  note: optional(about('What it is told.', longText(restartLimits.textChars))),
  deliveryContext: ignored,
  restartDelayMs: optional(about('Time before a restart, should one be needed; default 2000.', milliseconds)),
};

export const configParams = {
  'config.set': compile(v.strictObject({ raw: raw('The whole new text, JSON5.'), baseHash })),
  'config.apply': compile(
    v.strictObject({ raw: raw('The whole new text, JSON5.'), baseHash, ...afterwards }),
  ),
  'config.patch': compile(
    v.strictObject({
      raw: raw(
        'A JSON5 object: objects merge, `null` removes, lists of entries with an `id` merge by it, all else replaces.',
      ),
      baseHash,
      ...afterwards,
      replacePaths: optional(about('Lists that may get shorter.', list(name, 256))),
    }),
  ),
  'config.get': none,
  'config.schema': none,
  'config.schema.lookup': compile(
    v.strictObject({ path: about('As `models.providers.*.models[].id`; empty: the root.', longText(1_024)) }),
  ),
};
