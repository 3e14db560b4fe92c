import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methodParams, type MethodName } from '../../../src/primary/control/methods/params.js';
import { readRequest } from '../../../src/primary/control/read-request.js';
import { encodeErrorResponse, encodeResponse } from '../../../src/shared/protocol/frames.js';
import { anyCharacter } from '../../support/any-character.js';
import { answerId, messages } from '../../support/fuzz/messages.js';
import { deadlineMs, seed, times } from '../../support/fuzz/settings.js';
import { valuesOf } from '../../support/fuzz/valid-values.js';
import { jsonSchemaOf, type JsonSchema } from '../../../src/shared/json-schema.js';

const schemas = Object.fromEntries(
  Object.entries(methodParams).map(([name, { schema }]) => [name, jsonSchemaOf(schema)]),
) as Record<MethodName, JsonSchema>;
const methods = Object.keys(methodParams) as MethodName[];

const requests = fc.constantFrom(...methods).chain((method) =>
  fc.record({
    type: fc.constant('req'),
    id: fc.string({ minLength: 1, maxLength: 256, unit: anyCharacter }),
    method: fc.constant(method),
    params: valuesOf(schemas[method], {}),
  }),
);

describe('a message of any kind', { timeout: deadlineMs }, () => {
  it('is read or refused, under its own id, with little to say', () => {
    fc.assert(
      fc.property(messages(requests), (message) => {
        const read = readRequest(Buffer.from(message.bytes));
        expect(read.id).toBe(answerId(message.bytes));
        if (!read.ok) expect(read.error.message.length).toBeLessThan(1_000);
        else if (read.params?.ok === false) expect(read.params.problems.length).toBeLessThan(1_000);
      }),
      { seed, numRuns: times(750) },
    );
  });

  it('gives a method only what its schema names, and that once and for all', () => {
    fc.assert(
      fc.property(messages(requests), (message) => {
        const read = readRequest(Buffer.from(message.bytes));
        if (!read.ok || !read.params?.ok) return;
        const { value } = read.params;
        const method = read.method as MethodName;
        // What is read out of params has a form of its own.
        if (!('is' in methodParams[method]) || Object.hasOwn(value as object, 'attachments')) return;
        expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
        expect(Object.keys(schemas[method].properties ?? {})).toEqual(
          expect.arrayContaining(Object.keys(value as object)),
        );
        expect(methodParams[method].parse(value)).toEqual({ ok: true, value });
      }),
      { seed, numRuns: times(750) },
    );
  });
});

it.each(methods)('what fits the JSON Schema of %s is accepted', { timeout: deadlineMs }, (method) => {
  fc.assert(
    fc.property(valuesOf(schemas[method], {}), (params) => {
      const text = JSON.stringify({ type: 'req', id: 'a', method, params });
      const read = readRequest(Buffer.from(text));
      const problems = read.ok && read.params?.ok === false ? read.params.problems : '';
      // These two bounds have no form in JSON Schema.
      expect(problems).toMatch(
        /^(?:at [^:]+: must be (?:text without control characters|a key of at most \d+ characters)(?:; |$))*$/,
      );
      expect(read.ok).toBe(true);
    }),
    { seed, numRuns: times(30) },
  );
});

it('an answer names the id as it came, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom('\uD800', ''),
      fc.jsonValue(),
      (text, half, value) => {
        const id = text + half;
        const payload = JSON.stringify(value);
        expect(JSON.parse(encodeResponse(id, payload))).toEqual({
          type: 'res',
          id,
          ok: true,
          payload: JSON.parse(payload) as unknown,
        });
        const error = { code: 'UNAVAILABLE', message: text } as const;
        expect(JSON.parse(encodeErrorResponse(id, error))).toEqual({ type: 'res', id, ok: false, error });
      },
    ),
    { seed },
  );
});
