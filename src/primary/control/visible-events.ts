/** Which events a connection may see (protocol.md §14.2). The sets are made once: connections with the same rights share one. */
import { eventRules, type EventName, type EventRule } from '../../shared/protocol/events.js';
import { hasScope, type Scope } from '../../shared/protocol/scopes.js';
import type { Role } from './connection.js';

const rules = Object.entries(eventRules) as readonly [EventName, EventRule][];
/** Scopes that events ask for; each is a bit. */
const asked = [...new Set(rules.flatMap(([, { scope }]) => scope ?? []))];

const forNodes = eventsWhere(({ nodes }) => nodes);
/** By the bits of the scopes that are granted. */
const forOperators = Array.from({ length: 2 ** asked.length }, (_, granted) =>
  eventsWhere(({ scope }) => scope === null || (granted & bitOf(scope)) !== 0),
);

export function visibleEvents(scopes: ReadonlySet<string>, role: Role): ReadonlySet<EventName> {
  if (role === 'node') return forNodes;
  const granted = asked.reduce((bits, scope) => (hasScope(scopes, scope) ? bits | bitOf(scope) : bits), 0);
  return forOperators[granted] as ReadonlySet<EventName>;
}

function bitOf(scope: Scope): number {
  return 1 << asked.indexOf(scope);
}

function eventsWhere(may: (rule: EventRule) => boolean): ReadonlySet<EventName> {
  return new Set(rules.filter(([, rule]) => may(rule)).map(([name]) => name));
}
