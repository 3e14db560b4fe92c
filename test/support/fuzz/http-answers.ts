/** Reads what came back on a connection as strictly as it can be read, and says what is wrong with an answer (http.md §1, §4). */
import { httpErrors } from '../../../src/shared/errors/catalogue.js';

export interface StrictAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Received {
  /** Final ones, and a change of protocol, after which nothing is HTTP. */
  readonly answers: readonly StrictAnswer[];
  /** There are bytes after the last whole answer. */
  readonly cut: boolean;
  /** Why the bytes are no HTTP. */
  readonly problem: string | undefined;
}

/** @param methods of the requests, as far as they are known: one that is not may have been HEAD */
export function readAnswers(bytes: Buffer, methods: readonly string[]): Received {
  const answers: StrictAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return { answers, cut: true, problem: undefined };
    const [first = '', ...lines] = rest.toString('latin1', 0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7E]+$/.exec(first)?.[1]);
    const fields = fieldsOf(lines);
    if (Number.isNaN(status) || typeof fields === 'string')
      return {
        answers,
        cut: false,
        problem: `${first}: ${typeof fields === 'string' ? fields : 'no status'}`,
      };
    rest = rest.subarray(headEnd + 4);
    if (status === 101)
      return { answers: [...answers, { status, fields, body: '' }], cut: false, problem: undefined };
    if (status < 200) continue;
    // The last answer may be to a head that could not be read: nobody knew its method.
    const mayHaveBody = fields.get('connection') === 'close' && rest.length > 0;
    const method = methods[answers.length];
    const bodyless =
      method === undefined ? /^(?:HTTP\/1\.1 |$)/.test(rest.toString('latin1', 0, 9)) : method === 'HEAD';
    const none = (bodyless && !mayHaveBody) || status === 204 || status === 304;
    const taken = none ? { body: '', end: 0 } : takeBody(rest, fields);
    if (taken === undefined) return { answers, cut: true, problem: undefined };
    if (typeof taken === 'string') return { answers, cut: false, problem: `${first}: ${taken}` };
    answers.push({ status, fields, body: taken.body });
    rest = rest.subarray(taken.end);
  }
  return { answers, cut: false, problem: undefined };
}

function fieldsOf(lines: readonly string[]): Map<string, string> | string {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+): ([\t\x20-\x7E\x80-\xFF]*)$/.exec(line) ?? [];
    if (name === '') return `field ${JSON.stringify(line)}`;
    if (fields.has(name.toLowerCase())) return `${name} twice`;
    fields.set(name.toLowerCase(), value);
  }
  return fields;
}

/** Undefined where more should come; a text says what is wrong. */
function takeBody(
  bytes: Buffer,
  fields: ReadonlyMap<string, string>,
): { readonly body: string; readonly end: number } | string | undefined {
  const length = fields.get('content-length');
  const coding = fields.get('transfer-encoding');
  if ((length === undefined) === (coding === undefined)) return 'not one length';
  if (length !== undefined) {
    if (!/^\d+$/.test(length)) return `length ${length}`;
    const end = Number(length);
    return end > bytes.length ? undefined : { body: bytes.toString('utf8', 0, end), end };
  }
  if (coding !== 'chunked') return `coding ${coding}`;
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[\da-f]+$/i.test(line)) return `chunk of ${line}`;
    const end = lineEnd + 2 + Number.parseInt(line, 16);
    if (end + 2 > bytes.length) return undefined;
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') return 'a chunk without its end';
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
    if (end === lineEnd + 2) return { body: Buffer.concat(parts).toString('utf8'), end: at };
  }
}

const always = ['x-content-type-options', 'referrer-policy', 'permissions-policy'];
const json = 'application/json; charset=utf-8';
const texts: Readonly<Record<number, RegExp>> = {
  400: /^(?:Bad Request|(?:Missing or i|I)nvalid (?:Upgrade|Sec-WebSocket-\w+) header|token must be sent in a header.*)$/,
  401: /^Unauthorized$/,
  404: /^Not Found$/,
  405: /^(?:Method Not Allowed|Invalid HTTP method)$/,
  408: /^Request Timeout$/,
  417: /^Expectation Failed$/,
  429: /^Too Many Requests$/,
  431: /^Request Header Fields Too Large$/,
};

/** Errors of the gateway's own making that some input may well lead to: all others are bugs (http.md §6, §7.2, §9). */
const ownFailures = new Set(['503 overloaded', '502 api_error', '500 tool_error']);

export function problemOf(
  { status, fields, body }: StrictAnswer,
  method: string | undefined,
): string | undefined {
  if (status === 101) return undefined;
  const missing = always.filter((name) => !fields.has(name));
  if (missing.length > 0) return `without ${missing.join(', ')}`;
  const type = fields.get('content-type');
  if (status === 405 && !fields.has('allow')) return 'without Allow';
  if (status < 400)
    return method === 'HEAD' || type !== json
      ? undefined
      : parsed(body) === undefined
        ? 'no JSON'
        : undefined;
  if (type?.startsWith('text/plain')) {
    const expected = texts[status];
    if (!expected) return 'a text for this status';
    return method === 'HEAD' || expected.test(body) ? undefined : 'another text';
  }
  if (type !== json) return `type ${type}`;
  return method === 'HEAD' ? undefined : errorProblem(status, fields, parsed(body));
}

function errorProblem(
  status: number,
  fields: ReadonlyMap<string, string>,
  value: unknown,
): string | undefined {
  const { error, status: state, ok } = (value ?? {}) as Record<string, unknown>;
  // Of hooks, whose errors are texts (http.md §11).
  if (ok === false && typeof error === 'string')
    return error !== '' && (status < 500 || status === 503 || error === 'hook mapping failed')
      ? undefined
      : 'a failed hook';
  const { type, code, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof message !== 'string' || message === '') return 'no message';
  const kind = state === 'failed' ? code : type;
  const known = Object.values(httpErrors).some((one) => one.status === status && one.type === kind);
  if (!known) return `no such error: ${status} ${String(kind)}`;
  if (status >= 500 && !ownFailures.has(`${status} ${String(kind)}`)) return 'a failure of the gateway';
  if (status === 503 && !fields.has('retry-after')) return 'without Retry-After';
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // it has no JSON value
  }
}
