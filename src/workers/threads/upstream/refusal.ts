/** What a provider's answer says whose status is an error: the failure that its call ends with. */
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { UpstreamFailure } from './failure.js';
import { isOverflowText, readReportedError } from './reported-error.js';
import type { ResponseHeaders } from './upstream.js';

export interface Refusal {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: string;
}

/** @param redact takes out of the provider's words what neither users nor the log may see */
export function refusalFailure(
  { status, headers, body }: Refusal,
  redact: (text: string) => string,
): UpstreamFailure {
  const reported = readReportedError(jsonOf(body));
  const text = shownText(reported.message, redact);
  const overflow = overflowStatus.has(status) && (reported.overflow || isOverflowText(body));
  const message = `status ${status}${text ? `: ${text}` : ''}`;
  const retryAfter = readRetryAfter(single(headers['retry-after']));
  return new UpstreamFailure('status', message, { status, retryAfter, text, overflow });
}

/** As HTTP has it: a number of seconds, or a date. Clients get it as it is; what else there may be, a key too, they do not. */
function readRetryAfter(value: string | undefined): string | undefined {
  return value !== undefined && retryAfterForm.test(value) ? value : undefined;
}

const retryAfterForm = /^(?:\d{1,9}(?:\.\d{1,3})?|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)$/;

/** The provider's own words, without markup and cut to what a user should read (runs-and-events.md §13). */
export function shownText(text: string | undefined, redact: (text: string) => string): string | undefined {
  if (text === undefined) return undefined;
  const plain = redact(text)
    // Not beyond the next `<`: thousands of them that nothing closes would each be followed to the end.
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return plain.slice(0, upstreamLimits.messageChars) || undefined;
}

export function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const overflowStatus: ReadonlySet<number> = new Set([400, 413, 422]);

/** Undefined for what is not JSON, often an HTML page: nothing that a user should see. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
