/** `system-event`: something that the next turn should know, or a sign of life of a node (methods.md §2). */
import { systemEventLimits } from '../../../shared/session-limits.js';
import type { RouteTable } from '../../../shared/routes.js';
import { canonicalKey, mainSessionKey } from '../../../shared/store/session-keys.js';
import type { Sessions } from '../../sessions/sessions.js';
import { queueSystemEvent } from '../../sessions/system-events.js';
import type { Wake } from '../../sessions/wake.js';
import type { Presence } from '../presence.js';
import { requireAddressee } from './addressee.js';
import { invalidRequest, method, type Method } from './method.js';

export interface SystemEventServices {
  readonly sessions: Sessions;
  readonly presence: Presence;
  readonly wake: Wake;
  routes(): RouteTable;
}

/** Reasons of beacons that come by the clock: they are news to nobody. */
const routine: ReadonlySet<string> = new Set(['periodic', 'heartbeat']);

export function systemEventMethods({
  sessions,
  presence,
  wake,
  routes,
}: SystemEventServices): readonly Method[] {
  return [
    method({
      name: 'system-event',
      scope: 'operator.admin',
      summary:
        "Something for a session's next turn; a text that begins with `Node:` is a sign of life of a node instead.",
      answers: '`{ok: true}`',
      async answer({ text = '', sessionKey, ...facts }) {
        // Cut first: everybody who is connected is shown a beacon's text.
        const said = text.trim().slice(0, systemEventLimits.textChars);
        if (said === '') throw invalidRequest('text required');
        const isBeacon = said.startsWith('Node:');
        const changed = isBeacon && presence.beacon({ ...facts, text: said });
        if (!isBeacon || (changed && !routine.has(facts.reason ?? ''))) {
          const { scheme } = sessions;
          const key = sessionKey === undefined ? mainSessionKey(scheme) : canonicalKey(sessionKey, scheme);
          await queueSystemEvent(sessions, key, { text: said, at: Date.now() });
        }
        return '{"ok":true}';
      },
    }),
    method({
      name: 'wake',
      scope: 'operator.write',
      summary: "Something for a session's next turn; with `mode` `now` a turn follows at once.",
      answers: '`{ok: true}`',
      async answer({ mode, text, sessionKey, agentId }) {
        const said = text.trim().slice(0, systemEventLimits.textChars);
        if (said === '') throw invalidRequest('text required');
        const caller = { scheme: sessions.scheme, routes: routes(), caller: 'wake' };
        const { key, agentId: owner } = requireAddressee({ agentId, sessionKey }, caller);
        await queueSystemEvent(sessions, key, { text: said, at: Date.now() });
        if (mode === 'now') void wake(key, owner);
        return '{"ok":true}';
      },
    }),
  ];
}
