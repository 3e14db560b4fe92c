/** The primary's own server, with nothing behind it: what it does when an answer cannot be made. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, type TestContext } from 'vitest';
import type { EventLoopSample } from '../../../src/primary/health/event-loop.js';
import { createReadiness } from '../../../src/primary/health/readiness.js';
import { createOwnHttp, type OwnHttpOptions, type OwnHttpRules } from '../../../src/primary/port/own-http.js';
import { createPeers } from '../../../src/primary/port/peer.js';
import type { Logger } from '../../../src/shared/log/logger.js';
import { openRaw, rawRequest, type RawConnection } from '../../support/raw-connection.js';
import { within } from '../../support/wait-for.js';

const rules: OwnHttpRules = {
  guard: () => undefined,
  metrics: { enabled: true, open: true },
  strictTransportSecurity: null,
};

interface Served {
  readonly connection: RawConnection;
  /** Events of what was logged. */
  readonly logged: readonly string[];
}

/** A client of such a server. */
async function serve(test: TestContext, over: Partial<OwnHttpOptions>): Promise<Served> {
  const logged: string[] = [];
  const note = (event: string): void => void logged.push(event);
  const log: Logger = {
    trace: note,
    debug: note,
    info: note,
    warn: note,
    error: note,
    fatal: note,
    for: () => log,
    enabled: () => true,
  };
  const own = createOwnHttp({
    peers: createPeers(),
    readiness: {
      evaluate() {
        throw new Error('nobody asks here');
      },
    },
    rules,
    scrape: () => Promise.resolve(''),
    log,
    onWebSocket: () => {},
    ...over,
  });
  const server = createServer((socket) => {
    own.adopt(socket, Buffer.alloc(0), { address: '127.0.0.1', tls: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.onTestFinished(() => {
    own.stop();
    server.close();
  });
  const connection = await openRaw((server.address() as AddressInfo).port);
  return { connection, logged };
}

it('closes a connection whose answer cannot be written, and logs it', async (test) => {
  const { connection, logged } = await serve(test, {
    rules: { ...rules, strictTransportSecurity: 'max-age=1\nX: y' },
  });
  await connection.write(rawRequest());
  await within('end of the connection', connection.ended);
  expect(connection.received()).toBe('');
  expect(logged).toEqual(['http.unexpected']);
});

it('answers 500 when an answer cannot be made, and logs it', async (test) => {
  const scrape = (): Promise<string> => Promise.reject(new Error('no metrics today'));
  const { connection, logged } = await serve(test, { scrape });
  await connection.write(rawRequest({ path: '/metrics' }));
  const [answer] = await connection.answered(1);
  expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error' });
  expect(logged).toEqual(['http.unexpected']);
});

it('is not ready when that cannot be found out', async (test) => {
  const readiness = createReadiness({
    phase: () => 'started',
    workersReady() {
      throw new Error('nobody knows');
    },
    storeWritable: () => true,
    stateDirWritable: () => true,
    failingChannels: () => [],
    uptimeMs: () => 0,
    eventLoop: () => ({}) as EventLoopSample,
    failed: () => {},
  });
  const { connection } = await serve(test, { readiness });
  await connection.write(rawRequest({ path: '/readyz', headers: { 'X-Forwarded-For': '203.0.113.9' } }));
  const [answer] = await connection.answered(1);
  expect(answer?.status).toBe(503);
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ ready: false, failing: ['internal'] });
});
