import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawRequest } from '../../support/raw-connection.js';
import { within } from '../../support/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => void (gateway = await startGateway()));
afterAll(() => gateway.stop());

describe.concurrent('a body that does not come within 30 s', () => {
  it.for(['/v1/chat/completions', '/v1/responses', '/tools/invoke'])(
    'is 408 at %s, and the connection ends (http.md §4)',
    async (path) => {
      const connection = await openRaw(gateway.port);
      const headers = { 'Content-Length': '100' };
      await connection.write(`${rawRequest({ method: 'POST', path, headers })}{"mess`);
      await within('the end of the connection', connection.ended, 50_000);
      expect(connection.answers()).toMatchObject([{ status: 408, headers: { connection: 'close' } }]);
      expect(JSON.parse(connection.answers()[0]?.body ?? '')).toEqual({
        error: { message: 'Request body timeout', type: 'invalid_request_error' },
      });
      connection.destroy();
    },
  );
});
