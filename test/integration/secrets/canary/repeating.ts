/** Providers that repeat what they were sent where they fail, in every way in which they can. */
import { inEveryForm } from '../../../support/canaries.js';
import { answerStatus, chunk, type ProviderCall } from '../../../support/mock-provider.js';

/** All that it was asked with, in every form. */
export function repeated({ request }: ProviderCall): string {
  const values = Object.values(request.headers).flatMap((value) => value ?? []);
  return values
    .flatMap((value) => [value, value.replace(/^Bearer /, '')].map((text) => inEveryForm(text)))
    .join('\n');
}

const echoing =
  (status: number, headers: Record<string, string> = {}) =>
  (call: ProviderCall): void =>
    answerStatus(
      status,
      { error: { message: repeated(call), type: repeated(call), code: repeated(call) } },
      headers,
    )(call);

const breaking = (call: ProviderCall): void => {
  call.response.writeHead(200, { 'content-type': 'text/event-stream' });
  call.response.write(chunk({ content: 'a word' }));
  call.response.end(`data: ${JSON.stringify({ error: { message: repeated(call), code: 401 } })}\n\n`);
};
const broken = (call: ProviderCall): void => {
  call.response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
  call.response.write(repeated(call));
  setImmediate(() => call.response.destroy());
};
const noHttp = (call: ProviderCall): void => {
  call.response.socket?.end(`HTTP/1.1 ${repeated(call).replaceAll('\n', ' ')}\r\n\r\n`);
};
const page = (call: ProviderCall): void => {
  call.response.writeHead(400, { 'content-type': 'text/html' });
  call.response.end(`<p>${repeated(call)}</p>`);
};
const redirect = (call: ProviderCall): void => {
  const key = String(call.request.headers.authorization).slice(7);
  answerStatus(302, {}, { location: `http://user:${key}@127.0.0.1:1/${encodeURIComponent(key)}` })(call);
};
const limited = (call: ProviderCall): void =>
  echoing(429, { 'retry-after': String(call.request.headers.authorization) })(call);

export const repeating: readonly ((call: ProviderCall) => void)[] = [
  ...[400, 401, 402, 403, 404, 413, 422, 500, 503, 529].map((status) => echoing(status)),
  limited,
  breaking,
  broken,
  noHttp,
  page,
  redirect,
];
