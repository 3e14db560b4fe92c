/**
 * A server's schema of what a tool takes, in a form that the APIs of models accept: they refuse a whole request for one
 * schema that they do not like. Only what is offered changes; the server checks what it gets by its own.
 *
 * Refused are: anything but an object with properties at the top, alternatives there, names of properties that are no
 * plain names, lists that do not say of what, references to elsewhere. What is too large or too deep takes anything.
 */
import { isRecord } from '../../../shared/is-record.js';
import { mcpLimits } from '../../../shared/tools/limits.js';

type Schema = Record<string, unknown>;

const anything = { type: 'object', properties: {} } as const;

export function usableSchema(given: unknown): Schema {
  if (!isRecord(given)) return { ...anything };
  const schema = flattened(walk(given, 0) as Schema);
  return isShort(schema) ? schema : { ...anything };
}

function isShort(schema: Schema): boolean {
  try {
    return JSON.stringify(schema).length <= mcpLimits.schemaChars;
  } catch {
    return false; // values in it are too deep even for that
  }
}

/** Keywords whose value is a schema, a list of them, or a map. */
const schemas = new Set(
  'items additionalProperties unevaluatedProperties unevaluatedItems propertyNames contains not if then else'.split(
    ' ',
  ),
);
const lists = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const maps = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

function walk(value: unknown, depth: number): unknown {
  if (!isRecord(value)) return typeof value === 'boolean' ? value : {};
  if (depth > mcpLimits.schemaDepth) return {};
  const next = (inner: unknown): unknown => walk(inner, depth + 1);
  const walked = Object.entries(value).flatMap(([keyword, inner]): [string, unknown][] => {
    if (keyword === '$ref')
      return typeof inner === 'string' && inner.startsWith('#') ? [[keyword, inner]] : [];
    if (schemas.has(keyword)) return [[keyword, next(inner)]];
    if (lists.has(keyword)) return Array.isArray(inner) ? [[keyword, inner.map(next)]] : [];
    if (!maps.has(keyword)) return [[keyword, inner]];
    return isRecord(inner) ? [[keyword, mapped(inner, next)]] : [];
  });
  const schema: Schema = Object.fromEntries(walked);
  const { type } = schema;
  const isList = type === 'array' || (Array.isArray(type) && type.includes('array'));
  if (isList && !('items' in schema)) schema.items = {};
  return schema;
}

/** The top, without alternatives: what they name may be given, what all of them ask for has to be. */
function flattened(top: Schema): Schema {
  const { $ref, anyOf, oneOf, allOf, ...own } = top;
  const { not: _not, if: _if, then: _then, else: _else, enum: _enum, const: _const, ...rest } = own;
  const all = [referred(top, $ref), ...listOf(allOf)];
  const some = [...listOf(anyOf), ...listOf(oneOf)];
  const properties: Schema = {};
  for (const part of [...some, ...all, rest])
    for (const [name, schema] of Object.entries(isRecord(part.properties) ? part.properties : {}))
      if (/^[A-Za-z0-9_.-]{1,64}$/.test(name)) properties[name] = schema;
  const required = [...all, rest]
    .flatMap((part) => (Array.isArray(part.required) ? (part.required as unknown[]) : []))
    .filter((name) => typeof name === 'string' && Object.hasOwn(properties, name));
  const { required: _required, ...others } = rest;
  return {
    ...others,
    type: 'object',
    properties,
    ...(required.length > 0 && { required: [...new Set(required)] }),
  };
}

/** `#/$defs/name`, of which generators make the top. */
function referred(top: Schema, ref: unknown): Schema {
  const [, map = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(ref)) ?? [];
  const definitions = top[map];
  const found = isRecord(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  return isRecord(found) ? found : {};
}

function listOf(value: unknown): Schema[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function mapped(value: Schema, map: (inner: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(inner)]));
}
