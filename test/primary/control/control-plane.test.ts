/** What a handshake that fails inside is answered, on machines too where no disk can be filled (protocol.md §4.4). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createControlPlane, type ControlPlaneOptions } from '../../../src/primary/control/control-plane.js';
import { createRemotes } from '../../../src/primary/control/remote.js';
import { createWriteLimit } from '../../../src/primary/control/write-limit.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { createRedactor } from '../../../src/shared/log/redact.js';
import { connectParams } from '../../support/control-client.js';
import { refused, type Refused } from '../../support/first-frame.js';

const lines: string[] = [];
const log = createLogger({ level: 'warn', subsystem: 'ws', sink: { write: (line) => lines.push(line) } });
let server: Server;
afterEach(() => void server.close());

/** What a gateway does with a connect whose handshake goes this way. */
async function refusedBy(handshake: Partial<ControlPlaneOptions['handshake']>): Promise<Refused> {
  lines.length = 0;
  const none = (): void => {};
  const plane = createControlPlane({
    methods: new Map(),
    writeLimit: createWriteLimit(() => 0),
    log,
    redactor: createRedactor([]),
    answered: none,
    wsLog: { asked: none, answered: none, stop: none },
    handshake: {
      authenticate: async () => ({ ok: true, method: 'none', scopes: 'all' }),
      devices: { admit: () => Promise.reject(new Error('no devices here')) },
      origins: () => ({ allowedOrigins: [], allowHostHeaderFallback: false }),
      phase: () => 'open',
      ...handshake,
    },
    remoteOf: createRemotes({ trustedProxies: [], allowRealIpFallback: false }, none),
    handshakeTimeoutMs: 10_000,
    preAuthPerIp: 10,
    largeFrames: { read: () => Promise.reject(new Error('none are sent')), stop: async () => {} },
    hello: () => '{}',
    observer: { frame: none, eventDropped: none, refused: none, opened: none, alive: none, closed: none },
  });
  server = createServer().on('upgrade', (request, socket, rest) =>
    plane.upgrade(request, socket, rest, { address: '127.0.0.1', tls: false }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const first = { type: 'req', id: 'first', method: 'connect', params: connectParams() };
  return refused(`ws://127.0.0.1:${port}`, first);
}

it('a failure of its own closes 1011 without an answer; the cause is in the log only', async () => {
  expect(await refusedBy({ authenticate: () => Promise.reject(new Error('the disk is gone')) })).toEqual({
    frames: [],
    close: { code: 1011, reason: 'internal error' },
  });
  expect(lines.join('')).toContain('the disk is gone');
});
