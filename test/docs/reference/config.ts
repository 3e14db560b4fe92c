/** The reference part of docs/configuration.md, from the schema that configs are checked with. */
import { schemaPlaces, type SchemaPlace } from '../../../src/shared/config/describe.js';
import { reloadRuleOf } from '../../../src/shared/config/reload/rules.js';
import { configTree, type SchemaLeaf, type SchemaNode } from '../../../src/shared/config/tree.js';
import { code, kindOf } from './kinds.js';

/** Defaults that depend on the machine. */
const machineDefaults: Readonly<Record<string, string>> = {
  'gateway.workers.count': 'cores − 1, 1 to 8',
  'agents.defaults.maxConcurrent': 'cores, 8 to 16',
};

export function configReference(): string {
  const rows = schemaPlaces()
    .filter(({ path, schema }) => schema.properties === undefined && !path.endsWith('[]'))
    .map(rowOf);
  const lines = [['key', 'type', 'default', 'reload', ''], ['---', '---', '---', '---', '---'], ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function rowOf({ path, schema }: SchemaPlace): string[] {
  const given = schema.default === undefined ? '–' : code(schema.default);
  const { kind } = reloadRuleOf(path.replaceAll('[]', '').split('.'));
  const about = [schema.description, precedence(leafAt(path))].filter(Boolean).join(' ');
  return [`\`${path}\``, kindOf(schema), machineDefaults[path] ?? given, kind, about];
}

function precedence(leaf: SchemaLeaf | undefined): string | undefined {
  const before = [leaf?.flag && `\`--${leaf.flag}\``, leaf?.env && `\`${leaf.env}\``].filter(Boolean);
  return before.length > 0 ? `First ${before.join(', then ')}.` : undefined;
}

function leafAt(path: string): SchemaLeaf | undefined {
  let node: SchemaNode | undefined = configTree;
  for (const key of path.split('.')) node = node?.kind === 'branch' ? node.children.get(key) : undefined;
  return node?.kind === 'leaf' ? node : undefined;
}
