/** `gateway.reload`: what becomes of changes while the gateway runs (config.md §12.3). */
import * as v from 'valibot';
import { about, compile } from '../../schema.js';

const whole = (least: number, most = 2_147_483_647) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const ReloadSettings = v.strictObject({
  mode: v.exactOptional(
    about(
      'What becomes of edits while the gateway runs: see above.',
      v.picklist(['off', 'hot', 'restart', 'hybrid']),
    ),
    'hybrid',
  ),
  debounceMs: v.exactOptional(about('Quiet time after an edit.', whole(0, 600_000)), 300),
  deferralTimeoutMs: v.exactOptional(
    about('How long runs may hold up a restart that an edit needs; 0: for ever.', whole(0)),
    300_000,
  ),
});

export type ReloadSettings = v.InferOutput<typeof ReloadSettings>;
export type ReloadMode = ReloadSettings['mode'];

export const reloadSettings = compile(ReloadSettings);

/** With its defaults, of what is in the files and was found right. */
export function reloadSettingsOf(written: unknown): ReloadSettings {
  const parsed = reloadSettings.parse(written ?? {});
  if (!parsed.ok) throw new Error('gateway.reload was not checked');
  return parsed.value;
}
