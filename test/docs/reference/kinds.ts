/** JSON Schema in words. */
import type { JsonSchema } from '../../../src/shared/json-schema.js';

/** What a value may be: `string ≤ 256`, `list ≤ 64 of string ≤ 256`. Lengths of strings are in characters. */
export function kindOf(schema: JsonSchema): string {
  const { type = 'anything', anyOf, oneOf, items, additionalProperties: values } = schema;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  const forms = anyOf ?? oneOf;
  if (forms) return forms.map(kindOf).join(' or ');
  if (type === 'string') return `string${within(undefined, schema.maxLength)}`;
  if (type === 'array')
    return `list${within(schema.minItems, schema.maxItems)}${items ? ` of ${kindOf(items)}` : ''}`;
  if (type === 'object' && values)
    return `map${within(undefined, schema.maxProperties)} to ${kindOf(values)}`;
  if (type === 'number' || type === 'integer') return `${type}${within(schema.minimum, greatest(schema))}`;
  return type;
}

/** True for a string that may be empty. */
export function mayBeEmpty({ type, minLength = 0, ...rest }: JsonSchema): boolean {
  const limited = rest.enum !== undefined || rest.const !== undefined || rest.pattern !== undefined;
  return type === 'string' && minLength === 0 && !limited;
}

export const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

export const grouped = (value: number): string => value.toLocaleString('en-US');

/** What every number can be is no limit worth telling. */
const greatest = ({ maximum }: JsonSchema): number | undefined =>
  maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;

function within(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return ` ${grouped(least)}–${grouped(most)}`;
  if (least !== undefined) return ` ≥ ${grouped(least)}`;
  if (most !== undefined) return ` ≤ ${grouped(most)}`;
  return '';
}
