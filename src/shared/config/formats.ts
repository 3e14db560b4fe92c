/** What a scalar of the config may be; each throws what is wrong with a value, in words for whoever wrote it. */
import { isIPv4 } from 'node:net';
import type convict from 'convict';
import { isNetwork } from '../auth/address.js';
import type { JsonSchema } from '../json-schema.js';
import { isTimeZone } from '../time-zone.js';
import { durationMs } from './duration.js';

export interface Format {
  /** @throws Error that says what is wrong */
  (value: unknown): void;
  /** The same as far as JSON Schema can say it. */
  readonly json: JsonSchema;
}

export function format(json: JsonSchema, check: (value: unknown) => void): Format {
  return Object.assign((value: unknown) => check(value), { json });
}

/** An optional value: `null` until set. */
export function optional<T>(format: Format, doc: string): convict.SchemaObj<T> {
  return { doc, default: null, nullable: true, format };
}

export function integer(minimum: number, maximum: number): Format {
  return format({ type: 'integer', minimum, maximum }, (value) => {
    if (!Number.isInteger(value) || (value as number) < minimum || (value as number) > maximum) {
      throw new Error(`must be a whole number from ${minimum} to ${maximum}`);
    }
  });
}

export function oneOf(allowed: readonly string[]): Format {
  return format({ type: 'string', enum: allowed }, (value) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      throw new Error(`must be one of ${allowed.map((word) => JSON.stringify(word)).join(', ')}`);
    }
  });
}

export const truth = format({ type: 'boolean' }, (value) => {
  if (typeof value !== 'boolean') throw new Error('must be true or false');
});

const anyText: JsonSchema = { type: 'string' };
const textList: JsonSchema = { type: 'array', items: anyText };

export const text = format(anyText, (value) => {
  if (typeof value !== 'string') throw new Error('must be a string');
});

export const texts = format(textList, (value) => {
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string')) {
    throw new Error('must be a list of strings');
  }
});

export const regularExpressions = format(textList, (value) => {
  texts(value);
  for (const source of value as string[]) {
    try {
      void new RegExp(source, 'g');
    } catch {
      throw new Error(`must be regular expressions; ${JSON.stringify(source)} is none`);
    }
  }
});

export const timeZone = format(anyText, (value) => {
  if (typeof value !== 'string' || !isTimeZone(value))
    throw new Error('must be a time zone such as "Europe/Vienna" or "UTC"');
});

export const duration = format(anyText, (value) => {
  if (typeof value !== 'string' || durationMs(value) === undefined)
    throw new Error('must be a time such as "30d", "12h", "45m" or "90s"');
});

export const sessionName = format(anyText, (value) => {
  text(value);
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(value as string))
    throw new Error('must be lower-case letters, digits, - and _, at most 64');
});

export const networks = format(textList, (value) => {
  texts(value);
  const wrong = (value as string[]).find((entry) => !isNetwork(entry));
  if (wrong !== undefined)
    throw new Error(`must be addresses or CIDR blocks; ${JSON.stringify(wrong)} is neither`);
});

export const ipv4 = format(anyText, (value) => {
  text(value);
  if (!isIPv4(value as string)) throw new Error('must be an IPv4 address');
});

export const webSocketUrl = format(anyText, (value) => {
  text(value);
  if (!/^wss?:\/\//i.test(value as string) || !URL.canParse(value as string))
    throw new Error('must be a ws:// or wss:// address');
});

/** As browsers send them, so that one which could never match is noticed. */
export const origins = format(textList, (value) => {
  texts(value);
  const wrong = (value as string[]).find((entry) => !/^(?:\*|[a-z][a-z\d+.-]*:\/\/[^/\s]+\/?)$/i.test(entry));
  if (wrong !== undefined)
    throw new Error(
      `must be origins such as "https://ui.example.com", or "*"; ${JSON.stringify(wrong)} is neither`,
    );
});

export const headerName = format(anyText, (value) => {
  text(value);
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(value as string)) throw new Error('must be the name of a header');
});

export const headerNames = format(textList, (value) => {
  texts(value);
  (value as string[]).forEach(headerName);
});

export const headerValueOrFalse = format({ anyOf: [anyText, { const: false }] }, (value) => {
  if (value === false) return;
  text(value);
  // Anything else would be refused, or split into another header, by the answer that carries it.
  if (!/^[\t\u0020-\u007E]*$/.test(value as string))
    throw new Error('must be one line of printable ASCII: it is sent as a header');
});

/** In the forms that OpenSSL and browsers show as well. */
export const sha256 = format(anyText, (value) => {
  text(value);
  if (!/^(?:sha256:)?(?:[\da-f]{2}:?){32}$/i.test(value as string))
    throw new Error('must be a SHA-256 fingerprint: 64 hexadecimal digits');
});

export const urlPath = format(anyText, (value) => {
  text(value);
  if (
    !/^[\w./~-]*$/.test(value as string) ||
    (value as string).split('/').some((part) => /^\.\.?$/.test(part))
  )
    throw new Error('must be a path such as "/pllan"');
});
