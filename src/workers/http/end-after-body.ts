/**
 * Ends an answer that was given before the request's body was read to its end, on a connection that closes
 * afterwards. The answer is complete for the client at once, but not ended for Node, which would close the socket
 * then: with bytes still arriving that is a reset, and a reset eats the answer. What arrives is dropped for a while.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpLimits } from '../../shared/limits.js';

/** Call with the head written; `body` is all that its `Content-Length` announces. */
export function endAfterBody(request: IncomingMessage, response: ServerResponse, body: string): void {
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, httpLimits.discardMs);
  request.once('end', end).once('close', end).resume();
  // Of a body that cannot be read to its end no more comes when its client has said all.
  if (request.socket.readableEnded) end();
  else request.socket.once('end', end);
}

/** True while bytes of the body may still come. */
export function hasBodyToCome({ complete, headers }: IncomingMessage): boolean {
  return !complete && (Number(headers['content-length']) > 0 || headers['transfer-encoding'] !== undefined);
}
