/** Who sees what tools do (runs-and-events.md §2 stream `tool`, §15 `session.tool`): each of the two forms is encoded once. */
import type { TellTool } from '../sessions/run-events.js';
import { Connection } from './connection.js';
import type { ControlPlane } from './control-plane.js';
import type { SessionEvents } from './session-events.js';

/** What a client says in `connect` that wants to see it. */
const CAPABILITY = 'tool-events';

export function createToolEvents(
  events: Pick<SessionEvents, 'listenersOf' | 'subscribers'>,
  send: ControlPlane['sendTo'],
): TellTool {
  return ({ subject, phase, verbose, full, reduced }) => {
    const { sessionKey, owner } = subject;
    const listeners = events.listenersOf(sessionKey);
    const watching = new Set([...(owner instanceof Connection ? [owner] : []), ...listeners]);
    const watchers = [...watching].filter(({ session }) => session?.caps.has(CAPABILITY));
    const subscribers = [...new Set([...listeners, ...events.subscribers])];
    const seesAll = (connection: Connection): boolean => verbose || connection === owner;
    const tell = (name: 'agent' | 'session.tool', connections: readonly Connection[]): void => {
      const details = { droppable: name === 'session.tool' || phase === 'update' };
      const [all, some] = [connections.filter(seesAll), connections.filter((one) => !seesAll(one))];
      if (all.length > 0) send(all, name, full(), details);
      if (some.length > 0) send(some, name, reduced(), details);
    };
    tell('agent', watchers);
    tell('session.tool', subscribers);
  };
}
