/** What a chat account asks of the gateway, written down. */
import type {
  AccountHost,
  InboundMessage,
  OutboundPart,
  Route,
} from '../../../../src/primary/channels/channel.js';
import type { Logger } from '../../../../src/shared/log/logger.js';

export interface TestHost extends AccountHost {
  readonly messages: InboundMessage[];
  /** What `connected` was called with. */
  readonly connections: (Readonly<Record<string, unknown>> | undefined)[];
  readonly memories: Map<string, string>;
  /** Called before a message is taken; what it throws is what `inbound` throws. */
  beforeTaking: (message: InboundMessage) => void | Promise<void>;
  names: readonly string[];
  /** Lines of the log: level and message. */
  readonly lines: string[];
}

export function testHost(names: readonly string[] = []): TestHost {
  const memories = new Map<string, string>();
  const lines: string[] = [];
  const write =
    (level: string) =>
    (event: string, message: string): void =>
      void lines.push(`${level} ${event} ${message}`);
  const log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  } as unknown as Logger;
  const host: TestHost = {
    accountId: 'default',
    log,
    lines,
    names,
    messages: [],
    connections: [],
    memories,
    beforeTaking: () => {},
    groups: () => host.names,
    connected: (about) => void host.connections.push(about),
    alive() {},
    async inbound(message) {
      await host.beforeTaking(message);
      host.messages.push(message);
    },
    memory: {
      get: (name) => Promise.resolve(memories.get(name)),
      set(name, value) {
        memories.set(name, value);
        return Promise.resolve();
      },
    },
  };
  return host;
}

let lastPart = 0;

/** A part that goes to `to`. */
export function part(text: string, to: string, over: Partial<OutboundPart> = {}): OutboundPart {
  lastPart += 1;
  return { id: `part_${lastPart}`, text, route: routeTo(to), ...over };
}

export function routeTo(id: string, kind: Route['kind'] = id.startsWith('#') ? 'group' : 'direct'): Route {
  return { channel: 'test', accountId: 'default', kind, id };
}
