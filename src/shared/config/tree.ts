/** The schema of the whole config as one tree: scalars as convict has them, maps and lists as one node each. */
import type convict from 'convict';
import type { Check } from '../schema.js';
import type { Format } from './formats.js';
import { configSchema } from './schema.js';
import { structures, type StructurePath } from './structures.js';

export type SchemaNode = SchemaBranch | SchemaLeaf | SchemaStructure;

export interface SchemaBranch {
  readonly kind: 'branch';
  readonly children: ReadonlyMap<string, SchemaNode>;
}

export interface SchemaLeaf {
  readonly kind: 'leaf';
  readonly doc: string;
  readonly default: unknown;
  readonly nullable: boolean;
  /** What goes before the file: a variable of the environment, and a flag before that. */
  readonly env: string | undefined;
  readonly flag: string | undefined;
  readonly format: Format;
}

export interface SchemaStructure {
  readonly kind: 'structure';
  readonly path: StructurePath;
  readonly check: Check<unknown>;
}

interface MutableBranch {
  readonly kind: 'branch';
  readonly children: Map<string, SchemaNode>;
}

export const configTree: SchemaBranch = withStructures(branchOf(configSchema));

/** What a scalar is in convict's schema. */
type Described = convict.SchemaObj<unknown> & { readonly format: Format };

function branchOf(schema: object): MutableBranch {
  const children = Object.entries(schema).map(
    ([key, entry]: [string, object]) => [key, nodeOf(entry)] as const,
  );
  return { kind: 'branch', children: new Map(children) };
}

function nodeOf(entry: object): SchemaNode {
  if (!('default' in entry)) return branchOf(entry);
  const { doc = '', default: value, nullable = false, format, env, arg: flag } = entry as Described;
  return { kind: 'leaf', doc, default: value, nullable, format, env, flag };
}

function withStructures(root: MutableBranch): SchemaBranch {
  for (const [path, check] of Object.entries(structures)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let branch = root;
    for (const key of keys) {
      const child = branch.children.get(key) ?? { kind: 'branch', children: new Map<string, SchemaNode>() };
      if (child.kind !== 'branch') throw new Error(`${path} lies within a scalar`);
      branch.children.set(key, child);
      branch = child as MutableBranch;
    }
    branch.children.set(last, { kind: 'structure', path: path as StructurePath, check });
  }
  return root;
}
