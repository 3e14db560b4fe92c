import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startGateway, TOKEN } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

it('a body that does not come within 30 s is 408, and the connection ends (http.md §4)', async () => {
  const gateway = await startGateway();
  const socket = connect(gateway.port, '127.0.0.1');
  try {
    let answer = '';
    const ended = new Promise((resolve, reject) => {
      socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
      socket.once('end', resolve).once('error', reject);
    });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n{"mess`,
    );
    await within('the end of the connection', ended, 50_000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('{"error":{"message":"Request body timeout","type":"invalid_request_error"}}');
  } finally {
    socket.destroy();
    await gateway.stop();
  }
});
