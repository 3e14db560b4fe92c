/** A config as it is written, `$include` resolved and `${NAME}` not, in which every value knows its file (config.md §3). */
import { isRecord } from '../../is-record.js';
import type { ConfigPath } from '../path.js';

export type ConfigNode = ObjectNode | ListNode | ScalarNode;

interface Place {
  /** The file that the value stands in; of a merged object the last one. */
  readonly file: string;
  /** Set where an `$include` stands. */
  readonly include?: IncludeNote;
}

/** What edits need to know about an `$include`. */
export interface IncludeNote {
  /** The one file that holds all of the value; undefined when it is merged from several places. */
  readonly backing: string | undefined;
}

interface ObjectNode extends Place {
  readonly kind: 'object';
  readonly entries: ReadonlyMap<string, ConfigNode>;
}

interface ListNode extends Place {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
}

interface ScalarNode extends Place {
  readonly kind: 'scalar';
  readonly value: unknown;
}

export function emptyNode(file: string): ConfigNode {
  return { kind: 'object', entries: new Map(), file };
}

/** Objects are merged key by key, lists are joined, anything else is replaced. */
export function mergeNodes(base: ConfigNode, over: ConfigNode): ConfigNode {
  if (base.kind === 'list' && over.kind === 'list')
    return { kind: 'list', items: [...base.items, ...over.items], file: over.file };
  if (base.kind !== 'object' || over.kind !== 'object') return over;
  const entries = new Map(base.entries);
  for (const [key, node] of over.entries) {
    const present = entries.get(key);
    entries.set(key, present ? mergeNodes(present, node) : node);
  }
  return { kind: 'object', entries, file: over.file };
}

/** The plain value, exactly as written. */
export function valueOf(node: ConfigNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, valueOf(entry)]));
    case 'list':
      return node.items.map(valueOf);
    case 'scalar':
      return node.value;
  }
}

export function childOf(node: ConfigNode | undefined, part: string | number): ConfigNode | undefined {
  if (node?.kind === 'object') return node.entries.get(String(part));
  return node?.kind === 'list' ? node.items[Number(part)] : undefined;
}

/** The file of the nearest value that there is at or above a place. */
export function fileAt(root: ConfigNode, path: ConfigPath): string {
  let node = root;
  for (const part of path) {
    const child = childOf(node, part);
    if (!child) break;
    node = child;
  }
  return node.file;
}

/** A value without an `$include` as a node. */
export function plainNode(value: unknown, file: string): ConfigNode {
  if (Array.isArray(value))
    return { kind: 'list', items: value.map((item: unknown) => plainNode(item, file)), file };
  if (!isRecord(value)) return { kind: 'scalar', value, file };
  const entries = Object.entries(value).map(([key, entry]) => [key, plainNode(entry, file)] as const);
  return { kind: 'object', entries: new Map(entries), file };
}
