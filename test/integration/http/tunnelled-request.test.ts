import { expect, it } from 'vitest';
import { startFor } from '../../support/gateway.js';
import { openRaw } from '../../support/raw-connection.js';
import { waitFor } from '../../support/wait-for.js';

it('a request for the primary on a worker connection cannot end the worker, whatever its headers', async (test) => {
  const gateway = await startFor(test);
  const before = gateway.workers();
  const connection = await openRaw(gateway.port);
  test.onTestFinished(() => connection.destroy());
  await connection.write(
    'GET /api/none HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nTrailer: x\r\nConnection: close\r\n\r\n',
  );
  await waitFor('both answers', () => connection.answers().length === 2);
  expect(connection.answers().map(({ status }) => status)).toEqual([404, 200]);
  expect(gateway.workers()).toEqual(before);
});
