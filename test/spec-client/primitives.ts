/** The small words of the protocol: what its numbers, keys and ids look like. */
import * as v from 'valibot';

export const text = v.pipe(v.string(), v.minLength(1));
export const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
export const moment = v.pipe(v.number(), v.integer(), v.minValue(1_500_000_000_000));
export const texts = v.array(text);
export const anything = v.record(v.string(), v.unknown());
export const nullable = v.nullable;
export const maybe = v.optional;
export const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/));
export const hex64 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const base64url = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));
export const sessionKey = v.pipe(v.string(), v.regex(/^agent:[a-z0-9][a-z0-9_-]{0,63}:.+$/));
