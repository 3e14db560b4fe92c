/** What the methods on restarts take (methods.md §12). */
import * as v from 'valibot';
import { restartLimits } from '../../../shared/limits.js';
import { about, compile } from '../../../shared/schema.js';
import { key, label, longText, milliseconds, none, optional } from './param-types.js';

const said = longText(restartLimits.textChars);
const afterwards = {
  sessionKey: optional(about('The session that is told afterwards, in its next turn.', key)),
  note: optional(about('What it is told.', said)),
};

export const restartParams = {
  'gateway.restart.preflight': none,
  'gateway.restart.request': compile(
    v.strictObject({
      reason: optional(about('For the log.', label(restartLimits.textChars))),
      force: optional(about('Ends runs at once.', v.boolean())),
      skipDeferral: optional(about('Does not wait for runs, but for their drain.', v.boolean())),
      delayMs: optional(about('Default: 0.', milliseconds)),
      ...afterwards,
    }),
  ),
  'update.status': none,
  'update.run': compile(
    v.strictObject({
      ...afterwards,
      restartDelayMs: optional(about('No effect.', milliseconds)),
      timeoutMs: optional(about('No effect.', milliseconds)),
    }),
  ),
};
