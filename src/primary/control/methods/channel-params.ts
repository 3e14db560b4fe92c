/** What the methods on channel accounts take (methods.md §8). */
import * as v from 'valibot';
import { about, compile } from '../../../shared/schema.js';
import { longText, milliseconds, name, optional } from './param-types.js';

// A missing channel has an error of its own.
const channel = optional(about('Required.', longText(64)));
const oneAccount = compile(
  v.strictObject({ channel, accountId: optional(about("Default: the channel's default account.", name)) }),
);
const byCode = compile(
  v.strictObject({
    channel: name,
    code: about('As whoever wrote was given it; case does not matter.', name),
  }),
);

export const channelParams = {
  'channels.status': compile(
    v.strictObject({
      probe: optional(about('Ask the networks whether they answer.', v.boolean())),
      timeoutMs: optional(
        about(
          'For each of them; from 1,000 to 60,000, what is beyond is cut. Default: 10,000.',
          milliseconds,
        ),
      ),
      channel: optional(about('This one only.', longText(64))),
    }),
  ),
  'channels.start': oneAccount,
  'channels.stop': oneAccount,
  'channels.logout': oneAccount,
  'channels.pairing.list': compile(
    v.strictObject({ channel: optional(about('Of this one only.', longText(64))) }),
  ),
  'channels.pairing.approve': byCode,
  'channels.pairing.reject': byCode,
};
