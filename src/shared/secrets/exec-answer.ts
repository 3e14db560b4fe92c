/** What a command has printed, as values (secrets.md §3.3). */
import { isRecord } from '../is-record.js';
import { SecretFailure, type ReadId } from './failure.js';

/** Reasons that a command may give; any other word could be a piece of what it was asked for. */
const shownCodes = new Set(['NOT_FOUND', 'AMBIGUOUS_DUPLICATE_KEY']);

/** @param jsonOnly false: what is no JSON object is itself the value of the only id @throws SecretFailure */
export function readAnswer(output: Buffer, ids: readonly string[], jsonOnly: boolean): ReadId {
  const text = decode(output);
  const answer = parseObject(text);
  if (answer === undefined) {
    if (jsonOnly || ids.length !== 1) throw invalid('the command printed no JSON object');
    const value = text.replace(/\r?\n$/, '');
    return () => value;
  }
  const { protocolVersion, values, errors } = answer;
  if (protocolVersion !== 1) throw invalid('the command answered with another protocolVersion than 1');
  if (!isRecord(values) && !isRecord(errors)) throw invalid('the command answered without values');
  return (id) => {
    const error = own(errors, id);
    if (error !== undefined) throw new SecretFailure('NOT_FOUND', reasonOf(error));
    const value = own(values, id);
    if (value === undefined) throw new SecretFailure('NOT_FOUND', 'the command gave no value');
    if (typeof value !== 'string') throw new SecretFailure('INVALID_VALUE', 'the value is not a string');
    return value;
  };
}

function reasonOf(error: unknown): string {
  const code = own(error, 'code');
  return typeof code === 'string' && shownCodes.has(code)
    ? `the command answered ${code}`
    : 'the command answered with an error';
}

function decode(output: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(output);
  } catch {
    throw invalid('what the command printed is not UTF-8');
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function own(object: unknown, key: string): unknown {
  return isRecord(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

function invalid(message: string): SecretFailure {
  return new SecretFailure('INVALID_OUTPUT', message);
}
