/** A handshake that the gateway itself cannot finish: the store cannot be written (protocol.md §4.4). */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectControl, openSocket } from '../../support/control-client.js';
import { connectDevice, createDevice } from '../../support/device.js';
import { startFor, temporaryDir, TOKEN } from '../../support/gateway.js';
import { mountSmallDisk } from '../../support/small-disk.js';
import { waitFor, within } from '../../support/wait-for.js';

it('internal failure: closes 1011 without an answer, says why in the log only, and goes on', async (test) => {
  const disk = mountSmallDisk(test, 2_048);
  const file = join(temporaryDir(), 'gateway.log');
  const gateway = await startFor(test, { stateDir: disk.dir, config: { logging: { file } } });
  const open = await connectControl(gateway.wsUrl);
  const filler = disk.fill();
  const device = createDevice();
  const tui = { id: 'pllan-tui', version: '1', mode: 'ui', platform: 'linux' };
  const client = await openSocket(gateway.wsUrl);
  const challenge = await client.frame('challenge', ({ event }) => event === 'connect.challenge');
  const { nonce, ts } = challenge.payload as { nonce: string; ts: number };
  const params = { client: tui, scopes: ['operator.read'], auth: { token: TOKEN } };
  client.send({
    type: 'req',
    id: 'first',
    method: 'connect',
    params: { minProtocol: 4, maxProtocol: 4, ...params, device: device.prove(params, nonce, ts) },
  });
  expect(await within('close', client.closed)).toEqual({ code: 1011, reason: 'internal error' });
  expect(client.frames.map(({ event }) => event)).toEqual(['connect.challenge']);
  // LMDB calls it an I/O error where a part of its pages still found room.
  const cause = /gateway connect failed: cannot write to the store: the disk (?:is full|reports an error)/;
  await waitFor('the cause', () => cause.test(gateway.output()));
  expect(await open.call('health')).toMatchObject({ ok: true });
  rmSync(filler);
  const again = await connectDevice(gateway.wsUrl, device, params);
  expect(again.answer).toMatchObject({ ok: true });
  await Promise.all([open.close(), again.close()]);
});
