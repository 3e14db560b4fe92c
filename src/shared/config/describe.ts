/** The config's schema as JSON Schema, for editors, clients and the reference (methods.md §6). */
import { jsonSchemaOf, type JsonSchema } from '../json-schema.js';
import { isSensitive } from './redact/sensitive.js';
import { configTree, type SchemaNode } from './tree.js';

/** What a form shows of a key beside its schema. */
export interface UiHint {
  readonly label: string;
  readonly help?: string;
  readonly sensitive?: true;
}

/** A place in the schema: `*` stands for any key of a map, `[]` for any place of a list. */
export interface SchemaPlace {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

export function configJsonSchema(): JsonSchema & { readonly $schema: string } {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...schemaOf(configTree) };
}

function schemaOf(node: SchemaNode): JsonSchema {
  switch (node.kind) {
    case 'branch': {
      const properties = [...node.children].map(([key, child]) => [key, schemaOf(child)] as const);
      return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
    }
    case 'structure': {
      const { $schema: _draft, ...schema } = jsonSchemaOf(node.check.schema) as JsonSchema & {
        $schema?: string;
      };
      return schema;
    }
    case 'leaf': {
      const described = { ...node.format.json, description: node.doc };
      return node.default === null ? described : { ...described, default: node.default };
    }
  }
}

/** What is directly inside of a place. */
export function childrenOf({ path, schema }: SchemaPlace): SchemaPlace[] {
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const own = Object.entries(schema.properties ?? {}).map(([key, child]) => ({
    path: below(key),
    schema: child,
    required: schema.required?.includes(key) ?? false,
  }));
  const { additionalProperties: values, items, anyOf = [], oneOf = [] } = schema;
  const any = values ? [{ path: below('*'), schema: values, required: false }] : [];
  const item = items ? [{ path: `${path}[]`, schema: items, required: false }] : [];
  const forms = [...anyOf, ...oneOf].flatMap((form) => childrenOf({ path, schema: form, required: false }));
  return [...own, ...any, ...item, ...onePerPath(forms)];
}

/** Forms of one value may have a key in common, each with its own idea of it. */
function onePerPath(places: readonly SchemaPlace[]): SchemaPlace[] {
  return [...new Set(places.map(({ path }) => path))].map((path) => {
    const same = places.filter((place) => place.path === path);
    const forms = [...new Map(same.map(({ schema }) => [JSON.stringify(schema), schema])).values()];
    const schema = forms.length > 1 ? { anyOf: forms } : (forms[0] ?? {});
    return { path, schema, required: same.every(({ required }) => required) };
  });
}

/** Undefined where there is no such place; concrete keys and indexes are taken for any. */
export function placeAt(path: string): SchemaPlace | undefined {
  let place: SchemaPlace | undefined = { path: '', schema: configJsonSchema(), required: true };
  for (const part of path.match(/\[[^\]]*\]|[^.[\]]+/g) ?? []) {
    const children: readonly SchemaPlace[] = place ? childrenOf(place) : [];
    const named = (key: string) => children.find((child) => child.path === key);
    const base: string = place?.path ?? '';
    place = part.startsWith('[')
      ? named(`${base}[]`)
      : (named(base === '' ? part : `${base}.${part}`) ?? named(`${base}.*`));
  }
  return place;
}

/** Every place in the schema, the root left out; a section before what is in it. */
export function schemaPlaces(): readonly SchemaPlace[] {
  const below = (place: SchemaPlace): SchemaPlace[] =>
    childrenOf(place).flatMap((child) => [child, ...below(child)]);
  return below({ path: '', schema: configJsonSchema(), required: true });
}

export function uiHint({ path, schema }: SchemaPlace): UiHint {
  const keys = path.replaceAll('[]', '').split('.');
  const words = (keys.filter((key) => key !== '*').at(-1) ?? '').replaceAll(/([a-z\d])([A-Z])/g, '$1 $2');
  return {
    label: words.charAt(0).toUpperCase() + words.slice(1).toLowerCase(),
    ...(schema.description === undefined ? {} : { help: schema.description }),
    ...(isSensitive(keys) ? { sensitive: true } : {}),
  };
}
