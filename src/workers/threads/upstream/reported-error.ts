/**
 * What a provider says went wrong, in the body of a refusal or in the middle of an answer that began well. There is no
 * one form: `{error: {message, type, code}}`, `{error: "…"}`, `{detail: …}`, `{message: …}`, with or without codes.
 */

export interface ReportedError {
  readonly message: string | undefined;
  /** The status that it stands for; undefined where it names none. */
  readonly status: number | undefined;
  readonly overflow: boolean;
}

/** Thrown by an adapter that meets one; holds the answer as it came. */
export class ErrorInAnswer extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super('the provider reported an error in its answer');
    this.name = 'ErrorInAnswer';
    this.answer = answer;
  }
}

export function readReportedError(answer: unknown): ReportedError {
  const error = fieldOf(answer, 'error') ?? answer;
  const message = textOf(error);
  const codes = [fieldOf(error, 'type'), fieldOf(error, 'code'), fieldOf(error, 'status')];
  const known = codes.map(statusOf).find((status) => status !== undefined);
  const overflow = overflowCodes.has(String(codes[1])) || isOverflowText(message ?? '');
  return { message, status: known ?? (overflow ? 400 : undefined), overflow };
}

/** Codes and messages of the servers that people use, when a prompt is more than the model can read. */
export function isOverflowText(text: string): boolean {
  return overflowWords.test(text);
}

const overflowCodes: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'model_max_prompt_tokens_exceeded',
]);
const overflowWords =
  /context[_ ](?:length|window|size)|maximum context|model's maximum|prompt is too long|too many (?:input )?tokens|input is too long|input length .{0,40}exceed|exceeds? the (?:available|max(?:imum)?) (?:number of )?(?:context|(?:input )?tokens)|maximum number of tokens|number of tokens to keep from the initial prompt|reduce the length of the (?:messages|prompt|input)/i;

function textOf(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  for (const field of ['message', 'detail'] as const) {
    const value = fieldOf(error, field);
    if (typeof value === 'string') return value;
    // FastAPI: a list of what is wrong with each field.
    if (Array.isArray(value)) {
      const texts = value.flatMap((one) => textOf(fieldOf(one, 'msg')) ?? []);
      if (texts.length > 0) return texts.join('; ');
    }
  }
  return undefined;
}

/** By the names that APIs use; a number is taken as it is where it can be a status. */
const statuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  exceed_context_size_error: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  insufficient_quota: 429,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  too_many_requests: 429,
  api_error: 500,
  server_error: 500,
  internal_server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
  overloaded: 529,
  service_unavailable: 503,
  unavailable_error: 503,
};

function statusOf(code: unknown): number | undefined {
  if (typeof code === 'number') return code >= 400 && code < 600 ? code : undefined;
  if (typeof code !== 'string') return undefined;
  if (/^[45]\d\d$/.test(code)) return Number(code);
  const name = code.toLowerCase();
  return Object.hasOwn(statuses, name) ? statuses[name] : undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  return (value as Record<string, unknown>)[field] ?? undefined;
}
