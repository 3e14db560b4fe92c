/** How many sockets of one address may be strangers at a time (protocol.md §1). */
import { expect, it } from 'vitest';
import { connectControl, openSocket } from '../../support/control-client.js';
import { startFor, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawRequest, type RawAnswer } from '../../support/raw-connection.js';
import { waitFor, within } from '../../support/wait-for.js';

/** What a gateway at its limit answers to an upgrade. */
async function refusedUpgrade(gateway: TestGateway): Promise<RawAnswer | undefined> {
  const connection = await openRaw(gateway.port);
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  await connection.write(rawRequest({ path: '/', headers }));
  const [answer] = await connection.answered(1);
  await within('end of the connection', connection.ended);
  connection.destroy();
  return answer;
}

it('the 33rd is refused with 503; a client that proves itself makes room', async (test) => {
  const gateway = await startFor(test);
  const strangers = await Promise.all(Array.from({ length: 31 }, () => openSocket(gateway.wsUrl)));
  const client = await connectControl(gateway.wsUrl);
  strangers.push(await openSocket(gateway.wsUrl));

  expect(await refusedUpgrade(gateway)).toMatchObject({
    status: 503,
    headers: { connection: 'close' },
    body: 'Too many unauthenticated sockets',
  });
  expect(await client.call('health')).toMatchObject({ ok: true });
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);

  await strangers.pop()?.close();
  const next = await waitFor('room', () => connectControl(gateway.wsUrl).catch(() => undefined));
  expect(next.hello).toMatchObject({ ok: true });
  await Promise.all([...strangers, client, next].map((one) => one.close()));
});

it('PLLAN_MAX_PREAUTH_CONNECTIONS_PER_IP sets another limit', async (test) => {
  const gateway = await startFor(test, { env: { PLLAN_MAX_PREAUTH_CONNECTIONS_PER_IP: '1' } });
  const stranger = await openSocket(gateway.wsUrl);
  expect(await refusedUpgrade(gateway)).toMatchObject({
    status: 503,
    body: 'Too many unauthenticated sockets',
  });
  await stranger.close();
});
