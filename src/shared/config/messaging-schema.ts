/** What becomes of messages from chat networks (config.md §8): the maps and lists. Scalars are in `session` and `messages`. */
import * as v from 'valibot';
import { about, compile, type Check } from '../schema.js';

const optional = v.exactOptional;
const text = v.pipe(v.string(), v.minLength(1));

const Bindings = v.array(
  v.strictObject({
    agentId: text,
    match: v.strictObject({
      channel: text,
      accountId: optional(text),
      peer: optional(v.strictObject({ kind: text, id: text })),
      guildId: optional(text),
    }),
  }),
);

const IdentityLinks = v.record(text, v.array(v.string()));
const SendPolicy = v.strictObject({
  default: optional(v.picklist(['allow', 'deny'])),
  rules: optional(
    v.array(
      v.strictObject({
        action: v.picklist(['allow', 'deny']),
        match: optional(
          v.strictObject({
            channel: optional(text),
            chatType: optional(v.picklist(['direct', 'group', 'channel'])),
            keyPrefix: optional(
              about("How the session's key begins, with or without the agent's part.", text),
            ),
          }),
        ),
      }),
    ),
  ),
});
const Typing = v.picklist(['never', 'instant', 'thinking', 'message']);
const Owners = v.array(v.union([v.string(), v.number()]));
const Inbound = v.looseObject({
  debounceMs: optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(600_000))),
});

export type Binding = v.InferOutput<typeof Bindings>[number];

export type SendPolicy = v.InferOutput<typeof SendPolicy>;
export type TypingMode = v.InferOutput<typeof Typing>;

export interface MessagingConfig {
  readonly sendPolicy: SendPolicy;
  readonly typingMode: TypingMode;
  readonly bindings: readonly Binding[];
  /** Other ids, `channel:peer`, by the name under which they are one peer. */
  readonly identityLinks: Readonly<Record<string, readonly string[]>>;
  readonly ownerAllowFrom: readonly (string | number)[];
  readonly inbound: { readonly debounceMs?: number };
}

/** By path; each is checked as a whole. */
export const messaging = {
  bindings: compile(about('The first that matches says which agent a message is for.', Bindings)),
  'session.identityLinks': compile(IdentityLinks),
  'session.sendPolicy': compile(
    about('Whether sessions take messages from chat networks: the first rule that matches.', SendPolicy),
  ),
  'session.typingMode': compile(
    about(
      'Whether a network is shown that an answer is being written; all but "never" mean the same.',
      Typing,
    ),
  ),
  'messages.inbound': compile(Inbound),
  'commands.ownerAllowFrom': compile(optional(Owners, [])),
} satisfies Record<string, Check<unknown>>;
