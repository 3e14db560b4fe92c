/** What the server of the Bot API answers with: `ok` and a result, or a code and a description. */
import type { ServerResponse } from 'node:http';

export class ApiError extends Error {
  readonly code: number;
  readonly parameters: Readonly<Record<string, number>> | undefined;

  /** @param message as Telegram words it */
  constructor(code: number, message: string, parameters?: Readonly<Record<string, number>>) {
    super(message);
    this.code = code;
    this.parameters = parameters;
  }
}

export function badRequest(what: string): ApiError {
  return new ApiError(400, `Bad Request: ${what}`);
}

export function answerResult(response: ServerResponse, result: unknown): void {
  send(response, 200, { ok: true, result });
}

export function answerError(response: ServerResponse, { code, message, parameters }: ApiError): void {
  const told = { ok: false, error_code: code, description: message };
  send(response, code, { ...told, ...(parameters && { parameters }) });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
