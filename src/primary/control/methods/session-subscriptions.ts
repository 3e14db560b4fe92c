/** `sessions.subscribe`, `sessions.messages.subscribe` and their opposites (methods.md §4). They end with the connection. */
import type { SessionKey } from '../../../shared/store/records.js';
import { canonicalKey } from '../../../shared/store/session-keys.js';
import type { SessionLister } from '../../sessions/session-list.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { SessionEvents } from '../session-events.js';
import { invalidRequest, method, shownPath, type Method } from './method.js';

export interface SubscriptionServices {
  readonly sessions: Sessions;
  readonly lister: SessionLister;
  readonly events: SessionEvents;
}

export function sessionSubscriptionMethods(services: SubscriptionServices): readonly Method[] {
  const { sessions, lister, events } = services;
  const keyOf = ({ key, agentId }: { readonly key: string; readonly agentId?: string }): SessionKey =>
    canonicalKey(key, sessions.scheme, agentId?.toLowerCase());
  return [
    method({
      name: 'sessions.subscribe',
      scope: 'operator.read',
      readsMuch: true,
      summary: 'Sends this connection `sessions.changed` from now on.',
      answers: '`{subscribed: true}`; with any param of `sessions.list` also `list`, its answer.',
      async answer(params, connection) {
        // Before the list is read: no change falls between the two.
        events.subscribe(connection);
        if (Object.keys(params).length === 0) return '{"subscribed":true}';
        const path = shownPath(sessions.store.path, connection);
        return JSON.stringify({ subscribed: true, list: await lister.list(params, path, Date.now()) });
      },
    }),
    method({
      name: 'sessions.unsubscribe',
      scope: 'operator.read',
      summary: 'Ends `sessions.subscribe`.',
      answers: '`{subscribed: false}`',
      answer(_params, connection) {
        events.unsubscribe(connection);
        return '{"subscribed":false}';
      },
    }),
    method({
      name: 'sessions.messages.subscribe',
      scope: 'operator.read',
      summary: 'Sends this connection `session.message` for one session from now on.',
      answers: '`{subscribed: true, key}`',
      answer(params, connection) {
        const key = keyOf(params);
        if (!events.subscribeMessages(connection, key))
          throw invalidRequest('too many sessions: unsubscribe from some of them first');
        return JSON.stringify({ subscribed: true, key });
      },
    }),
    method({
      name: 'sessions.messages.unsubscribe',
      scope: 'operator.read',
      summary: 'Ends `sessions.messages.subscribe` for one session.',
      answers: '`{subscribed: false, key}`',
      answer(params, connection) {
        const key = keyOf(params);
        events.unsubscribeMessages(connection, key);
        return JSON.stringify({ subscribed: false, key });
      },
    }),
  ];
}
