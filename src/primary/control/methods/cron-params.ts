/** What the methods on cron jobs take (methods.md §9). */
import * as v from 'valibot';
import { cronLimits } from '../../../shared/cron-limits.js';
import { requestLimits } from '../../../shared/limits.js';
import { about, compile, list } from '../../../shared/schema.js';
import { thinkingLevels } from '../../../shared/thinking.js';
import { ignoredBy, key, label, longText, name, none, optional, text, whole } from './param-types.js';

const flag = optional(v.boolean());
const { textChars } = cronLimits;
/** Times that dates can hold. */
const moment = whole(0, 8_640_000_000_000_000);
const days = (n: number): number => n * 86_400_000;

const schedule = v.variant('kind', [
  v.strictObject({ kind: v.literal('at'), at: about('ISO 8601; without a zone UTC.', text(64)) }),
  v.strictObject({
    kind: v.literal('every'),
    everyMs: about(
      `A job never runs more often than every ${cronLimits.leastGapMs} ms.`,
      whole(1, days(36_500)),
    ),
    anchorMs: optional(about('From when on; default is when the job was made.', moment)),
  }),
  v.strictObject({
    kind: v.literal('cron'),
    expr: about('5 fields, or 6 with seconds.', text(256)),
    tz: optional(about("Such as `Europe/Vienna`; default is that of the gateway's machine.", text(64))),
    staggerMs: optional(about('So much later at the most, always the same for a job.', whole(0, days(1)))),
  }),
]);

const sessionTarget = v.pipe(
  text(requestLimits.keyChars),
  v.regex(/^(?:main|isolated|current|session:\S.*)$/),
  v.transform((target) => target as 'main' | 'isolated' | 'current' | `session:${string}`),
);
const wakeMode = v.picklist(['now', 'next-heartbeat']);

const turnFields = {
  model: optional(about('`provider/model`, instead of that of the agent.', name)),
  thinking: optional(about('How much the model thinks, if it reasons.', v.picklist(thinkingLevels))),
  timeoutSeconds: optional(
    about('0: no limit. Default: `agents.defaults.timeoutSeconds`.', whole(0, 31_536_000)),
  ),
  fallbacks: optional(about('Models that are tried when that one cannot answer.', list(name, 16))),
  lightContext: optional(about('No effect yet.', v.boolean())),
  toolsAllow: optional(
    about('Of the tools that the agent has, only these: names, `group:*` or patterns.', list(name, 256)),
  ),
};
const said = text(textChars);
const payload = v.variant('kind', [
  v.strictObject({ kind: v.literal('systemEvent'), text: said }),
  v.strictObject({ kind: v.literal('agentTurn'), message: said, ...turnFields }),
]);
const payloadPatch = v.variant('kind', [
  v.strictObject({ kind: v.literal('systemEvent'), text: optional(said) }),
  v.strictObject({ kind: v.literal('agentTurn'), message: optional(said), ...turnFields }),
]);

const routeFields = {
  channel: optional(about('`last`, or a channel. Default: `last`.', name)),
  to: optional(about('Whom; of a webhook its URL.', text(2_048))),
  accountId: optional(name),
  threadId: optional(name),
};
const bestEffort = optional(about('A delivery that fails does not fail the run.', v.boolean()));
const deliveryMode = v.picklist(['none', 'announce', 'webhook']);
const delivery = v.strictObject({ mode: deliveryMode, bestEffort, ...routeFields });
const deliveryPatch = v.strictObject({ mode: optional(deliveryMode), bestEffort, ...routeFields });
const failureAlert = v.union([
  v.literal(false),
  v.strictObject({
    mode: optional(v.picklist(['announce', 'webhook'])),
    after: optional(about(`Failures in a row. Default: ${cronLimits.alertAfter}.`, whole(1, 1_000))),
    cooldownMs: optional(whole(0, days(366))),
    ...routeFields,
  }),
]);

const description = longText(2_048);
const owner = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/));

const byId = {
  id: optional(about('Required, or `jobId`.', name)),
  jobId: optional(about('The same.', name)),
};
const pageFields = {
  limit: optional(whole(1, cronLimits.listPage), 50),
  offset: optional(whole(0), 0),
  query: optional(longText(512)),
  sortDir: optional(v.picklist(['asc', 'desc'])),
};

export const cronParams = {
  'cron.list': compile(
    v.strictObject({
      ...pageFields,
      includeDisabled: flag,
      enabled: optional(
        about('Default `enabled`, with `includeDisabled` `all`.', v.picklist(['all', 'enabled', 'disabled'])),
      ),
      sortBy: optional(
        about('Default `nextRunAtMs`.', v.picklist(['nextRunAtMs', 'updatedAtMs', 'createdAtMs', 'name'])),
      ),
      agentId: optional(owner),
      ...ignoredBy('compact', 'scheduleKind', 'lastRunStatus'),
    }),
  ),
  'cron.status': none,
  'cron.get': compile(v.strictObject(byId)),
  'cron.add': compile(
    v.strictObject({
      name: label(200),
      description: optional(description),
      enabled: optional(v.boolean(), true),
      deleteAfterRun: optional(about('An `at` job is deleted when it has succeeded.', v.boolean())),
      agentId: optional(about('Default: the default agent.', owner)),
      sessionKey: optional(
        about('Of `current`; and the session that a system event is for, instead of the main one.', key),
      ),
      schedule,
      sessionTarget: about('`main`, `isolated`, `current` or `session:<key>`.', sessionTarget),
      wakeMode: about('`now`: a system event is followed by a turn at once.', wakeMode),
      payload: about('`systemEvent` for `main`, `agentTurn` for all others.', payload),
      delivery: optional(delivery),
      failureAlert: optional(failureAlert),
    }),
  ),
  'cron.update': compile(
    v.strictObject({
      ...byId,
      patch: v.strictObject({
        name: optional(label(200)),
        description: optional(v.nullable(description)),
        enabled: flag,
        deleteAfterRun: flag,
        agentId: optional(v.nullable(owner)),
        sessionKey: optional(v.nullable(key)),
        schedule: optional(schedule),
        sessionTarget: optional(sessionTarget),
        wakeMode: optional(wakeMode),
        payload: optional(about('Fields that are not there stay, of the same kind.', payloadPatch)),
        delivery: optional(v.nullable(deliveryPatch)),
        failureAlert: optional(v.nullable(failureAlert)),
      }),
    }),
  ),
  'cron.remove': compile(v.strictObject(byId)),
  'cron.run': compile(v.strictObject({ ...byId, mode: optional(v.picklist(['due', 'force']), 'force') })),
  'cron.runs': compile(
    v.strictObject({
      ...byId,
      ...pageFields,
      scope: optional(v.picklist(['job', 'all']), 'job'),
      status: optional(v.picklist(['all', 'ok', 'error', 'skipped'])),
      ...ignoredBy('statuses', 'deliveryStatus', 'deliveryStatuses'),
    }),
  ),
};
