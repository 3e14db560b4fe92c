/** One HTTP request on a connection of its own, closed after the answer. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface OnceAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes what `fetch` takes, as far as tests need it. Rejects when the connection fails. */
export function requestOnce(url: string, init: RequestInit = {}): Promise<OnceAnswer> {
  return new Promise((resolve, reject) => {
    const body = init.body as string | undefined;
    const request = httpRequest(url, {
      method: init.method ?? 'GET',
      agent: false,
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        connection: 'close',
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.end(body);
  });
}
