/**
 * Tells clients that wait with their body to go on, each when its turn on the connection has come. Node would put that
 * into an answer that stands in line, where it can end up behind the answer's own head.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export function answerExpectations(
  server: Server,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  server.on('checkContinue', (request, response) => {
    const goOn = (): void => {
      if (!response.headersSent) response.writeContinue();
    };
    if (response.socket) goOn();
    else response.once('socket', goOn);
    onRequest(request, response);
  });
  // Whatever else is expected does not matter.
  server.on('checkExpectation', onRequest);
}
