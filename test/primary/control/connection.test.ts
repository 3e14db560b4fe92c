import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Connection, fitReason, type Remote } from '../../../src/primary/control/connection.js';
import { GatewaySocket } from '../../../src/primary/control/gateway-socket.js';
import { createOutbox } from '../../../src/primary/control/outbox.js';
import { controlLimits } from '../../../src/shared/limits.js';
import { encodeEvent } from '../../../src/shared/protocol/events.js';
import { waitFor, within } from '../../support/wait-for.js';

const remote: Remote = {
  address: '127.0.0.1',
  peer: '127.0.0.1',
  proxy: 'none',
  directLoopback: true,
  headers: {},
};
const client = { id: 'test', version: '1', platform: 'linux', mode: 'test' } as const;

describe('a connection whose reader has stopped', () => {
  let server: WebSocketServer;
  let reader: WebSocket;
  let connection: Connection;
  const dropped: string[] = [];
  const received: string[] = [];

  beforeEach(async () => {
    dropped.length = 0;
    received.length = 0;
    const http = createServer();
    server = new WebSocketServer({ server: http, WebSocket: GatewaySocket });
    const accepted = new Promise<GatewaySocket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    reader = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, { maxPayload: 0 });
    reader.on('message', (data: Buffer) => received.push(data.subarray(-60).toString('utf8')));
    const observer = {
      frameSent: () => {},
      eventDropped: (event: string) => dropped.push(event),
      slowConsumer: () => dropped.push('slow consumer'),
    };
    connection = new Connection(await accepted, remote, observer, createOutbox());
    connection.session = {
      client,
      role: 'operator',
      scopes: new Set(['operator.admin']),
      caps: new Set(),
      authMethod: 'token',
      device: undefined,
      protocol: 4,
      events: new Set(['tick', 'shutdown', 'presence', 'health']),
    };
    await waitFor('open', () => reader.readyState === WebSocket.OPEN);
    reader.pause();
    const large = encodeEvent('presence', JSON.stringify('x'.repeat(1024 * 1024)));
    while (connection.bufferedBytes <= controlLimits.maxBufferedBytes) {
      connection.sendEvent(large);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  afterEach(() => {
    connection.terminate();
    server.close();
  });

  it('misses droppable events, which still take their number', async () => {
    const tick = encodeEvent('tick', '{"ts":1}');
    connection.sendEvent(tick);
    connection.sendEvent(tick);
    expect(dropped).toEqual(['tick', 'tick']);
    reader.resume();
    await waitFor('room', () => connection.bufferedBytes === 0, 20_000);
    connection.sendEvent(tick);
    const last = await waitFor('the next tick', () => received.find((frame) => frame.includes('"tick"')));
    const sequence = received.map((frame) => Number(/"seq":(\d+)/.exec(frame)?.[1]));
    expect(last).toContain(`"seq":${(sequence.at(-2) ?? 0) + 3}`);
  });

  it('is closed as a slow consumer when it would miss something that it must get', async () => {
    connection.sendEvent(encodeEvent('shutdown', '{}'));
    expect(dropped).toEqual(['slow consumer']);
    expect(connection.closing).toBe(true);
    const closed = new Promise((resolve) => reader.once('close', resolve));
    reader.resume();
    await within('its end', closed);
  });

  it('is closed as a slow consumer when it asks for an answer', () => {
    connection.send('{}');
    expect(dropped).toEqual(['slow consumer']);
  });
});

describe('the reason of a close', () => {
  it('is cut to 120 bytes between characters', () => {
    expect(fitReason('short')).toBe('short');
    expect(fitReason('x'.repeat(200))).toHaveLength(120);
    expect(fitReason(`${'x'.repeat(119)}é and more`)).toBe('x'.repeat(119));
    expect(fitReason('€'.repeat(50))).toBe('€'.repeat(40));
  });
});
