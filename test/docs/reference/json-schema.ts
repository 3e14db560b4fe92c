/** The schemas of the protocol as JSON Schema, and JSON Schema in words. */
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';

/** As much of JSON Schema as the protocol's schemas come to; `ignored` is ours. */
export interface JsonSchema {
  readonly type?: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Accepted without effect. */
  readonly ignored?: true;
}

/** @throws Error for a schema that has no form in JSON Schema */
export function jsonSchemaOf(schema: GenericSchema): JsonSchema {
  return toJsonSchema(schema, { typeMode: 'output', ignoreActions: ['transform'] }) as JsonSchema;
}

/** What a value may be: `string ≤ 256`, `list ≤ 64 of string ≤ 256`. Lengths of strings are in characters. */
export function kindOf(schema: JsonSchema): string {
  const { type = 'anything', anyOf, items, additionalProperties: values } = schema;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (anyOf) return anyOf.map(kindOf).join(' or ');
  if (type === 'string') return `string${within(undefined, schema.maxLength)}`;
  if (type === 'array')
    return `list${within(schema.minItems, schema.maxItems)}${items ? ` of ${kindOf(items)}` : ''}`;
  if (type === 'object' && values)
    return `map${within(undefined, schema.maxProperties)} to ${kindOf(values)}`;
  if (type === 'number' || type === 'integer') return `${type}${within(schema.minimum, greatest(schema))}`;
  return type;
}

/** True for a string that may be empty. */
export function mayBeEmpty({ type, minLength = 0, enum: names, const: only }: JsonSchema): boolean {
  return type === 'string' && minLength === 0 && !names && only === undefined;
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
