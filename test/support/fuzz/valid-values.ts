/** Values that fit a schema: the seeds of everything that is sent. */
import fc from 'fast-check';
import type { JsonSchema } from '../../../src/shared/json-schema.js';
import { anyCharacter } from '../any-character.js';

/** For fields of a name: values that mean something to the gateway, so that a call gets further than its params. */
export type Pools = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** Of long strings and lists only a little is made, and sometimes as much as there may be. */
const SHORT = 12;

export function valuesOf(schema: JsonSchema, pools: Pools, name = ''): fc.Arbitrary<unknown> {
  const pool = Object.hasOwn(pools, name) ? pools[name] : undefined;
  const any = byType(schema, pools, name);
  return pool ? fc.oneof({ weight: 6, arbitrary: pool }, { weight: 1, arbitrary: any }) : any;
}

function byType(schema: JsonSchema, pools: Pools, name: string): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms) return fc.oneof(...forms.map((one) => byType(one, pools, name)));
  switch (schema.type) {
    case 'string':
      return strings(schema);
    case 'integer':
      return fc.oneof(
        fc.integer({
          min: schema.minimum ?? -5,
          max: Math.min(schema.maximum ?? 50, (schema.minimum ?? 0) + 50),
        }),
        fc
          .maxSafeInteger()
          .filter((value) => value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value)),
      );
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { items = {}, minItems: minLength = 0, maxItems = SHORT } = schema;
      const options = { minLength, maxLength: Math.min(maxItems, minLength + 3) };
      return fc.array(valuesOf(items, pools, name.replace(/s$/, '')), options);
    }
    case 'object':
      return objects(schema, pools);
    case undefined:
      return fc.jsonValue({ maxDepth: 3 });
    default:
      throw new Error(`no values of ${String(schema.type)}`);
  }
}

function strings({ minLength = 0, maxLength = SHORT, pattern }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const short = { minLength, maxLength: Math.min(maxLength, SHORT) };
  const long = fc
    .tuple(fc.constantFrom('x', 'é', '漢', '\u0000', '\uD800'), fc.constantFrom(64, 256, maxLength))
    .map(([one, length]) => one.repeat(Math.min(length, maxLength)));
  return fc.oneof(
    { weight: 6, arbitrary: fc.string(short) },
    {
      weight: 3,
      arbitrary: fc.string({ ...short, unit: anyCharacter }).map((one) => one.slice(0, maxLength)),
    },
    { weight: maxLength > 10_000 ? 0 : 1, arbitrary: long },
  );
}

function objects(schema: JsonSchema, pools: Pools): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties, maxProperties = SHORT } = schema;
  const { propertyNames: { pattern } = {} } = schema;
  if (properties) {
    const fields = Object.entries(properties).map(([field, inner]) => {
      const value = valuesOf(inner, pools, field).map((one): [string, unknown] => [field, one]);
      if (required.includes(field)) return value;
      return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
    });
    return fc
      .tuple(...fields)
      .map((entries) => Object.fromEntries(entries.filter((entry) => entry !== undefined)));
  }
  if (!additionalProperties) return fc.constant({});
  const maxKeys = Math.min(maxProperties, 3);
  const keys = pattern === undefined ? fc.string({ minLength: 1 }) : fc.stringMatching(new RegExp(pattern));
  return fc.dictionary(keys, valuesOf(additionalProperties, pools), { maxKeys });
}
