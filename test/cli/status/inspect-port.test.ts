import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inspectPort, parseLsof } from '../../../src/cli/status/inspect-port.js';
import { freePort } from '../support/fake-gateway.js';

async function listenOn(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('a local port', () => {
  test('that nobody holds is free', async () => {
    const port = await freePort();
    expect(await inspectPort(port)).toEqual({ port, status: 'free', listeners: [], hints: [] });
  });

  test.each(['127.0.0.1', '0.0.0.0'])('held on %s is busy, with the process that holds it', async (host) => {
    const port = await listenOn(host);
    expect(await inspectPort(port)).toMatchObject({
      status: 'busy',
      listeners: [{ pid: process.pid, address: `${host}:${port}` }],
    });
  });

  test('held on ::1 is shown with brackets', async ({ skip }) => {
    const port = await listenOn('::1').catch(() => skip('no IPv6 here'));
    expect((await inspectPort(port)).listeners[0]?.address).toBe(`[::1]:${port}`);
  });
});

test('the output of lsof gives process and address', () => {
  const text = 'p42\ncnode\nf18\nn127.0.0.1:18789\nf19\nn[::1]:18789\np7\ncssh\nf3\nn*:18789\n';
  expect(parseLsof(text)).toEqual([
    { pid: 42, command: 'node', address: '127.0.0.1:18789' },
    { pid: 42, command: 'node', address: '[::1]:18789' },
    { pid: 7, command: 'ssh', address: '*:18789' },
  ]);
});
