/** Pieces that the params of several methods are made of. All of them are bounded. */
import * as v from 'valibot';
import { queueModes } from '../../../shared/config/queue-schema.js';
import { requestLimits } from '../../../shared/limits.js';
import { AGENT_PART_CHARS, isShortEnough } from '../../../shared/store/session-keys.js';
import { about, compile, ignored, type Check, type Parsed } from '../../../shared/schema.js';
import { thinkingLevels } from '../../../shared/thinking.js';

export const optional = v.exactOptional;
export const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
/** May be empty. */
export const longText = (most: number) => v.pipe(v.string(), v.maxLength(most));
/** For what is a key in the store, whose index does not give back such characters as they were, and what people read. */
const plain = v.rawCheck<string>(({ dataset, addIssue }) => {
  if (dataset.typed && /[\p{Cc}\p{Cs}]/u.test(dataset.value))
    addIssue({ expected: 'text without control characters' });
});
export const name = v.pipe(text(requestLimits.textChars), plain);
export const label = (most: number) => v.pipe(longText(most), plain);
/** Beside a session's key, whose part it becomes: what is no agent's id must not get there. */
export const agentId = optional(
  about(
    'Whose session it is, where its key does not say that.',
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)),
  ),
);
/** A session's, as its caller writes it. */
export const key = v.pipe(
  text(requestLimits.keyChars + AGENT_PART_CHARS),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || isShortEnough(dataset.value)) return;
    addIssue({ expected: `a key of at most ${requestLimits.keyChars} characters` });
  }),
  v.metadata({ maxLength: requestLimits.keyChars }),
);
export const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
export const milliseconds = whole(0);
export const turnTimeout = optional(
  about('0: no limit. Default: `agents.defaults.timeoutSeconds`.', milliseconds),
);
/** What may be said to an agent in one message. */
export const message = longText(requestLimits.messageChars);
export const thinking = optional(
  about(
    `How much the model thinks, if it reasons: ${thinkingLevels.join(', ')}. Default: the session's, else the agent's. Any other word counts for nothing.`,
    name,
  ),
);
export const queueMode = optional(
  about('What becomes of it while another turn runs. Default: `messages.queue`.', v.picklist(queueModes)),
);
/** What becomes the run's id. */
export const runKey = about("The run's id: a repeat with the same one does not run again.", name);
export const none = compile(v.strictObject({}));

/** All that a method needs of what checks its params. */
export type ParamsCheck<Params> = Pick<Check<Params>, 'schema' | 'parse'>;

/** A check that gives on something else than what it checks. */
export type DerivedCheck<Given, Params> = Omit<Check<Given>, 'is' | 'parse'> & ParamsCheck<Params>;

/** Gives on what `read` makes of params that are right. With a large frame that happens in its thread, too. */
export function reading<Given, Params>(
  check: Check<Given>,
  read: (params: Given) => Parsed<Params>,
): DerivedCheck<Given, Params> {
  const { is: _is, ...rest } = check;
  return {
    ...rest,
    parse(value) {
      const given = check.parse(value);
      return given.ok ? read(given.value) : given;
    },
  };
}

/** Keys that are accepted without effect. */
export const ignoredBy = <K extends string>(...keys: readonly K[]) =>
  Object.fromEntries(keys.map((one) => [one, ignored])) as Record<K, typeof ignored>;
