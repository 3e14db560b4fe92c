/** A start that has to wait: for a port that something else has, for a lock; and how a signal ends it. */
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, type TestContext } from 'vitest';
import { startFor, temporaryDir } from '../support/gateway.js';
import { within } from '../support/wait-for.js';

/** A port held by something that does this with every connection. */
async function holdPort(test: TestContext, greet: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket)));
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

type Holder = readonly [what: string, greet: (socket: Socket) => void];

const closing: Holder = ['closes every connection', (socket) => void socket.end('not a gateway')];
const silent: Holder = ['never answers', () => {}];
const endless: Holder = [
  'answers without an end',
  (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    new Readable({
      read() {
        this.push('yes '.repeat(4_096));
      },
    }).pipe(socket);
  },
];

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

describe.concurrent('a port that something else has', () => {
  it.for([closing, endless])('is refused after the retries, left alone: it %s', async ([, greet], test) => {
    const server = await holdPort(test, greet);
    const gateway = await startFor(test, { port: portOf(server), started: false });
    expect(await within('exit', gateway.exited, 50_000)).toBe(1);
    expect(gateway.stderr()).toContain(`already listening on ws://127.0.0.1:${portOf(server)}`);
    expect(server.listening).toBe(true);
  });
});

describe.concurrent('SIGTERM before the start is complete', () => {
  it.for([
    ['SIGTERM', ...closing],
    ['SIGINT', ...silent],
  ] as const)('%s ends the wait for a port whose owner %s', async ([signal, , greet], test) => {
    const server = await holdPort(test, greet);
    const stateDir = temporaryDir();
    const gateway = await startFor(test, { port: portOf(server), stateDir, started: false });
    await gateway.prints(/port \d+ is taken; waiting/);
    process.kill(gateway.pid, signal);
    expect(await within('exit', gateway.exited)).toBe(0);
    expect(gateway.output()).toContain(`received ${signal}; shutting down`);
    expect(gateway.output()).not.toContain('already listening');
    expect(existsSync(join(stateDir, 'gateway.lock'))).toBe(false);
    expect(existsSync(join(stateDir, 'gateway.sock'))).toBe(false);
  });

  it('ends the wait for a lock', async (test) => {
    const first = await startFor(test);
    const second = await startFor(test, { stateDir: first.stateDir, started: false });
    await second.prints(/waiting for its lock/);
    process.kill(second.pid, 'SIGTERM');
    expect(await within('exit', second.exited)).toBe(0);
    expect(second.output()).not.toContain('lock timeout');
    expect(existsSync(join(first.stateDir, 'gateway.lock'))).toBe(true);
  });
});
