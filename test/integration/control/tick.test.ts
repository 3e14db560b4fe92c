import { expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startGateway } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

it('a tick reaches every connection each 30 s, also one without scopes (protocol.md §14.3)', async () => {
  const gateway = await startGateway();
  try {
    const client = await connectControl(gateway.wsUrl, { params: { scopes: [] } });
    const tick = await waitFor('tick', () => client.frames.find(({ event }) => event === 'tick'), 35_000);
    expect(tick).toEqual({
      type: 'event',
      event: 'tick',
      payload: { ts: expect.any(Number) },
      seq: expect.any(Number),
    });
  } finally {
    await gateway.stop();
  }
});
