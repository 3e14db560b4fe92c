/** `heartbeat` of all agents and of one (config.md §8, runs-and-events.md §16). */
import * as v from 'valibot';
import { about } from '../schema.js';
import { isTimeZone } from '../time-zone.js';
import { heartbeatTargets } from './channel-ids.js';
import { durationMs } from './duration.js';

const optional = v.exactOptional;
const text = v.pipe(v.string(), v.minLength(1));
const clock = v.pipe(v.string(), v.regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/));
/** What a heartbeat may be switched off with. */
const NEVER = /^0+\s*(?:ms|s|m|h|d)$/;

const every = about(
  'How often; `0m`: never.',
  v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      if (dataset.typed && durationMs(dataset.value) === undefined && !NEVER.test(dataset.value.trim()))
        addIssue({ expected: 'a time such as "30m", "12h" or "90s", or "0m"' });
    }),
  ),
);
const zone = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && !['user', 'local'].includes(dataset.value) && !isTimeZone(dataset.value))
      addIssue({ expected: 'a time zone such as "Europe/Vienna", "user" or "local"' });
  }),
);
const target = about(
  "`owner`: the owner's direct chat; `last`: where the last conversation outside was; `none`: nowhere; or a channel.",
  v.picklist(heartbeatTargets),
);
const ackMaxChars = about(
  'Characters beside `HEARTBEAT_OK` with which an answer still counts as nothing.',
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2_147_483_647)),
);

const others = {
  to: optional(about('Whom on the channel of `target`.', text)),
  accountId: optional(about('Through which account of it.', text)),
  model: optional(about("Instead of the agent's own, `provider/model`.", text)),
  prompt: optional(about('What the agent is told instead of the built-in text.', text)),
  activeHours: optional(
    v.strictObject({
      start: optional(about('Default: `00:00`.', clock)),
      end: optional(about('Not included. Default: `24:00`.', clock)),
      timezone: optional(
        about('`user`: `agents.defaults.userTimezone`; `local`: that of the gateway. Default: `user`.', zone),
      ),
    }),
  ),
  session: optional(about("Session it takes place in, instead of the agent's main one.", text)),
};
const noEffect = 'No effect yet.';

export const Heartbeat = v.strictObject({
  every: optional(every, '30m'),
  target: optional(target, 'owner'),
  ackMaxChars: optional(ackMaxChars, 300),
  includeReasoning: optional(about(noEffect, v.boolean()), false),
  ...others,
});

export const AgentHeartbeat = v.strictObject({
  every: optional(every),
  target: optional(target),
  ackMaxChars: optional(ackMaxChars),
  includeReasoning: optional(about(noEffect, v.boolean())),
  ...others,
});

export type HeartbeatConfig = v.InferOutput<typeof Heartbeat>;

/** With its defaults; it has been checked. */
export function heartbeatOf(value: unknown): HeartbeatConfig {
  return v.parse(Heartbeat, value ?? {});
}
