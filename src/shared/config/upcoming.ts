/**
 * Keys that a config may have already and that do nothing yet (config.md §7, §8): they are checked, and that they have no
 * effect is said once at start. What a feature needs moves from here to its own schema.
 */
import * as v from 'valibot';
import { about, compile, type Check } from '../schema.js';
import type { Problem } from '../schema.js';
import { isKnownChannel } from './channels-schema.js';
import { formatPath } from './path.js';

const optional = v.exactOptional;
const text = v.pipe(v.string(), v.minLength(1));
const texts = v.array(v.string());
const flag = (preset: boolean) => optional(v.boolean(), preset);
const whole = (least: number, most = 2_147_483_647) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const anything = v.record(v.string(), v.unknown());
export const Identity = v.strictObject({
  name: optional(text),
  theme: optional(text),
  emoji: optional(text),
  avatar: optional(text),
});

/** A key of its own, with what it is when it is not there. */
const preset = <S extends v.GenericSchema>(schema: S, value: v.InferInput<S>) =>
  compile(v.exactOptional(schema, value as never));

const NO_EFFECT = 'has no effect yet';

/** By path; each section or key is checked as a whole. */
export const upcoming = {
  'gateway.controlUi.dangerouslyDisableDeviceAuth': preset(v.boolean(), false),
  'gateway.store.url': preset(
    about(
      '`embedded`, or redis:// or rediss://.',
      v.pipe(v.string(), v.regex(/^(?:embedded$|rediss?:\/\/)/)),
    ),
    'embedded',
  ),
  'agents.defaults.verboseDefault': preset(v.picklist(['off', 'on', 'full']), 'off'),
  'agents.defaults.contextTokens': compile(whole(1)),
  'models.mode': preset(v.picklist(['merge', 'replace']), 'merge'),
  'session.store': compile(text),
  'diagnostics.enabled': preset(v.boolean(), true),
  'diagnostics.flags': preset(texts, []),
  'commands.text': compile(v.boolean()),
  'commands.native': compile(v.union([v.boolean(), v.literal('auto')])),
  'commands.config': preset(v.boolean(), false),
  discovery: compile(
    v.strictObject({
      mdns: optional(v.strictObject({ mode: optional(v.picklist(['off', 'minimal', 'full']), 'minimal') })),
      wideArea: optional(v.strictObject({ enabled: flag(false) })),
    }),
  ),
} satisfies Record<string, Check<unknown>>;

/** Sections of other programs' files, which therefore validate; nothing in them is looked at. */
const unsupportedNames = [
  'plugins',
  'skills',
  'browser',
  'talk',
  'ui',
  'approvals',
  'web',
  'update',
  'identity',
  'tts',
  'audio',
  'broadcast',
  'nodeHost',
  'canvasHost',
  'acp',
] as const;

export const unsupported = Object.fromEntries(
  unsupportedNames.map((name) => [name, compile(about('Not supported: without effect.', anything))]),
) as Record<(typeof unsupportedNames)[number], Check<Record<string, unknown>>>;

/** Stamps of programs, free of behaviour. */
export const stamps = { wizard: compile(about('Without effect.', anything)) };

/** Keys within sections that have an effect otherwise; only where they ask for something. */
function withinSections(structured: Readonly<Record<string, unknown>>): Problem[] {
  const list = (structured['agents.list'] ?? []) as readonly AgentWishes[];
  const entries = (structured['agents.entries'] ?? {}) as Readonly<Record<string, AgentWishes>>;
  const agents = [
    ['agents.defaults', { heartbeat: structured['agents.defaults.heartbeat'] as AgentWishes['heartbeat'] }],
    ...list.map((agent, n) => [`agents.list[${n}]`, agent] as const),
    ...Object.entries(entries).map(([id, agent]) => [formatPath(['agents', 'entries', id]), agent] as const),
  ] as const;
  return agents
    .filter(([, { heartbeat }]) => heartbeat?.includeReasoning === true)
    .map(([path]) => ({ path: `${path}.heartbeat.includeReasoning`, message: NO_EFFECT }));
}

interface AgentWishes {
  readonly heartbeat?: { readonly includeReasoning?: boolean } | undefined;
}

/** What is said about keys that are there and do nothing. @param ackReaction `messages.ackReaction` */
export function effectWarnings(
  structured: Readonly<Record<string, unknown>>,
  ackReaction: string | null,
): Problem[] {
  const sections = Object.keys(structured).flatMap((path): Problem[] => {
    if (Object.hasOwn(unsupported, path)) return [{ path, message: `section not supported: ${path}` }];
    return Object.hasOwn(upcoming, path) ? [{ path, message: NO_EFFECT }] : [];
  });
  const others = Object.keys(structured.channels ?? {}).filter(
    (id) => id !== 'defaults' && !isKnownChannel(id),
  );
  const message = 'has no effect: this gateway does not know the network';
  const reaction = ackReaction === null ? [] : [{ path: 'messages.ackReaction', message: NO_EFFECT }];
  return [
    ...sections,
    ...withinSections(structured),
    ...reaction,
    ...others.map((id) => ({ path: `channels.${id}`, message })),
  ];
}
