/** `config.schema` and `config.schema.lookup` (methods.md §6). */
import type { JsonSchema } from '../../shared/json-schema.js';
import {
  childrenOf,
  configJsonSchema,
  placeAt,
  schemaPlaces,
  uiHint,
  type SchemaPlace,
} from '../../shared/config/describe.js';
import { reloadRuleOf } from '../../shared/config/reload/rules.js';
import { VERSION } from '../../shared/version.js';

export function configSchemaAnswer(): object {
  return {
    schema: configJsonSchema(),
    uiHints: Object.fromEntries(schemaPlaces().map((place) => [place.path, uiHint(place)])),
    version: VERSION,
    generatedAt: new Date().toISOString(),
  };
}

/** Undefined when there is no such place. */
export function lookUpSchema(path: string): object | undefined {
  const place = placeAt(path);
  if (!place) return undefined;
  const { kind } = reloadRuleOf(place.path.replaceAll('[]', '').split('.'));
  return {
    path,
    schema: oneLevel(place.schema),
    hint: uiHint(place),
    // To a client, replacing workers is like any change that needs no restart.
    reloadKind: kind === 'rolling' ? 'hot' : kind,
    children: childrenOf(place).map((child) => childRow(child, place)),
  };
}

function childRow(child: SchemaPlace, { path }: SchemaPlace): object {
  const { schema, required } = child;
  return {
    key: child.path.slice(path.length).replace(/^\./, ''),
    path: child.path,
    ...(schema.type === undefined ? {} : { type: schema.type }),
    required,
    hasChildren: childrenOf(child).length > 0,
    hint: uiHint(child),
  };
}

/** Without what is inside of it, which has a lookup of its own. */
function oneLevel({ properties, items: _items, additionalProperties, ...schema }: JsonSchema): object {
  const closed = properties !== undefined && additionalProperties === false;
  return closed ? { ...schema, additionalProperties } : schema;
}
