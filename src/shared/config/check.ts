/**
 * The files' own values against the schema: unknown keys with the one that was probably meant, and every value as it is
 * written. convict would convert text to numbers and booleans, read keys with dots as paths, and overlook both.
 */
import type { GenericSchema } from 'valibot';
import { schemaLimits } from '../limits.js';
import { isRecord } from '../is-record.js';
import { nearest } from '../nearest.js';
import type { Problem } from '../schema.js';
import { toError } from '../to-error.js';
import { agentProblems } from './agents.js';
import { channelProblems } from './channel-accounts.js';
import type { ChannelsConfig } from './channels-schema.js';
import type { ConfigPath } from './path.js';
import type { StructurePath } from './structures.js';
import { configTree, type SchemaBranch, type SchemaNode, type SchemaStructure } from './tree.js';

export interface ConfigProblem {
  readonly at: ConfigPath;
  readonly message: string;
}

export type Structured = Partial<Record<StructurePath, unknown>>;

export interface CheckedTree {
  /** The scalars that are right. */
  readonly scalars: object;
  /** Maps and lists that are there, by their path. */
  readonly structured: Structured;
  readonly problems: readonly ConfigProblem[];
}

/** More than anybody reads; a broken file can have one for every few bytes. */
const MOST_PROBLEMS = 100;

export function checkTree(value: unknown): CheckedTree {
  const structured: Structured = {};
  const problems: ConfigProblem[] = [];
  const branch = (record: unknown, { children }: SchemaBranch, at: ConfigPath): object => {
    if (!isRecord(record)) {
      problems.push({ at, message: 'must be an object' });
      return {};
    }
    const kept: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(record)) {
      const child = children.get(key);
      const place = [...at, key];
      if (!child) problems.push({ at: place, message: unknownKey(key, [...children.keys()]) });
      else {
        const right = one(entry, child, place);
        if (right !== undefined) kept[key] = right;
      }
    }
    return kept;
  };
  const one = (entry: unknown, node: SchemaNode, at: ConfigPath): unknown => {
    switch (node.kind) {
      case 'branch': {
        // A section of structures only is nothing that convict knows.
        const scalars = branch(entry, node, at);
        return Object.keys(scalars).length > 0 ? scalars : undefined;
      }
      case 'structure':
        problems.push(...structureProblems(entry, node, at));
        structured[node.path] = entry;
        return undefined;
      case 'leaf':
        if (entry === null && node.nullable) return null;
        try {
          node.format(entry);
          return entry;
        } catch (caught) {
          problems.push({ at, message: toError(caught).message });
          return undefined;
        }
    }
  };
  const scalars = branch(value, configTree, []);
  // What is no list has been said to be none.
  if (problems.length === 0)
    problems.push(
      ...agentProblems(structured),
      ...channelProblems(structured.channels as ChannelsConfig | undefined),
    );
  return { scalars, structured, problems: problems.slice(0, MOST_PROBLEMS) };
}

function structureProblems(value: unknown, { check }: SchemaStructure, at: ConfigPath): ConfigProblem[] {
  const lists = listsForObjects(check.schema, value, at);
  if (lists.length > 0) return lists;
  return check.problems(value).map(({ path, message, unexpected }: Problem) => {
    const inside = insidePath(path, value);
    if (unexpected === undefined) return { at: [...at, ...inside], message };
    return {
      at: [...at, ...inside, unexpected],
      message: unknownKey(unexpected, keysAt(check.schema, inside)),
    };
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = key.length > schemaLimits.nameChars ? undefined : nearest(key, known);
  return meant === undefined ? 'unknown key' : `unknown key (did you mean ${meant}?)`;
}

/** `/mock/models/0/id` as keys and indexes. */
function insidePath(pointer: string, value: unknown): ConfigPath {
  let parent = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const place = Array.isArray(parent) ? Number(part) : part;
      parent = (parent as Readonly<Record<string, unknown>> | undefined)?.[part];
      return place;
    });
}

const objectTypes: ReadonlySet<string> = new Set([
  'strict_object',
  'object',
  'loose_object',
  'object_with_rest',
  'record',
  'variant',
]);

/** Lists where objects belong: to valibot a list is an object whose keys are numbers. */
function listsForObjects(schema: GenericSchema, value: unknown, at: ConfigPath): ConfigProblem[] {
  const { entries, value: each, item, wrapped, options } = schema as GenericSchema & Inside;
  if (wrapped) return listsForObjects(wrapped, value, at);
  if (Array.isArray(value)) {
    const takesList = schema.type === 'union' && options?.some(({ type }) => type === 'array');
    if (objectTypes.has(schema.type) || (schema.type === 'union' && !takesList))
      return [{ at, message: 'must be object' }];
    return item ? value.flatMap((entry, n) => listsForObjects(item, entry, [...at, n])) : [];
  }
  if (!isRecord(value)) return [];
  // Of the forms that it may have, only one has an opinion about a key.
  for (const option of options ?? []) {
    const found = listsForObjects(option, value, at);
    if (found.length > 0) return found;
  }
  return Object.entries(value).flatMap(([key, entry]) => {
    const inside = entries && Object.hasOwn(entries, key) ? entries[key] : each;
    return inside ? listsForObjects(inside, entry, [...at, key]) : [];
  });
}

/** As much of valibot's schemas as leads to the objects in them. */
interface Inside {
  readonly entries?: Readonly<Record<string, GenericSchema>>;
  readonly value?: GenericSchema;
  readonly item?: GenericSchema;
  readonly wrapped?: GenericSchema;
  readonly options?: readonly GenericSchema[];
}

/** The keys that an object may have at a place within a structure. */
function keysAt(schema: GenericSchema, path: ConfigPath): readonly string[] {
  const { entries, value, item, wrapped, options } = schema as GenericSchema & Inside;
  if (wrapped) return keysAt(wrapped, path);
  if (options) return options.flatMap((option) => (typeof option === 'object' ? keysAt(option, path) : []));
  const [part, ...rest] = path;
  if (part === undefined) return Object.keys(entries ?? {});
  const next = entries?.[part] ?? value ?? item;
  return next ? keysAt(next, rest) : [];
}
