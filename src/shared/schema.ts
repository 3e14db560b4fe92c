/**
 * A schema and its check, with problems in words that people can act on. Everything that crosses an edge
 * (frames, params, HTTP bodies, config maps) is parsed through here; types come from the same schemas.
 */
import * as v from 'valibot';
import { schemaLimits } from './limits.js';

/** One thing that is wrong with a value: `path` as a JSON pointer, empty at the root. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  /** The key in the object at `path` that does not belong there. */
  readonly unexpected?: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface Check<T> {
  /** For what reads schemas: the reference page is written from them. */
  readonly schema: AnySchema;
  /** True when `value` has the shape. */
  is(value: unknown): value is T;
  /** The first few things that are wrong with `value`, one entry per place; the rest is not looked at. */
  problems(value: unknown): Problem[];
  /** A copy with what the schema names, or the first few problems; keys that it merely tolerates are left out. */
  parse(value: unknown): Parsed<T>;
}

type AnySchema = v.GenericSchema;

export function compile<S extends AnySchema>(schema: S): Check<v.InferOutput<S>> {
  return {
    schema,
    is: (value): value is v.InferOutput<S> => v.is(schema, value),
    problems: (value) => problemsOf(run(schema, value)),
    parse(value) {
      const result = run(schema, value);
      return result.issues
        ? { ok: false, problems: problemsOf(result) }
        : { ok: true, value: result.value as v.InferOutput<S> };
    },
  };
}

/** Says of a field what its name does not: for the reference in docs/protocol.md. */
export const about = <S extends AnySchema>(meaning: string, schema: S) =>
  v.pipe(schema, v.description(meaning));

/** A field that is accepted without effect. */
export const ignored = v.exactOptional(v.pipe(v.unknown(), v.metadata({ ignored: true })));

/** A list whose length is checked before its items are; the bound is also told as JSON Schema has it. */
export function list<S extends AnySchema>(item: S, most: number) {
  return v.pipe(v.instance(Array), v.maxLength(most), v.array(item), v.metadata({ maxItems: most }));
}

/** The same for a map and its size. */
export function map<K extends v.GenericSchema<string, string>, V extends AnySchema>(
  key: K,
  value: V,
  most: number,
) {
  const anyObject = v.instance(Object as unknown as new () => Record<string, unknown>);
  return v.pipe(anyObject, v.maxEntries(most), v.record(key, value), v.metadata({ maxProperties: most }));
}

/**
 * Runs a schema until enough problems are found: a sender must not choose how much work it is to say no. The
 * library itself stops at the first problem or not at all, but reads `abortEarly` anew after each.
 */
function run(schema: AnySchema, value: unknown): v.OutputDataset<unknown, Issue> {
  let found = 0;
  const config: v.Config<Issue> = {
    message(issue) {
      found += 1;
      return issue.message;
    },
    get abortEarly() {
      return found >= schemaLimits.problems;
    },
  };
  return schema['~run']({ value }, config);
}

function problemsOf({ issues }: v.OutputDataset<unknown, Issue>): Problem[] {
  return (issues ?? []).slice(0, schemaLimits.problems).map((issue) => readable(issue));
}

/** `at /client/id: must be …`; the form of protocol.md §4.4 and methods.md. */
export function describeProblems(problems: readonly Problem[], most = 3): string {
  return problems
    .slice(0, most)
    .map((problem) => `at ${problem.path || 'root'}: ${problem.message}`)
    .join('; ');
}

type Issue = v.BaseIssue<unknown>;

const objectTypes: ReadonlySet<string> = new Set(['strict_object', 'object', 'loose_object']);

function readable(issue: Issue): Problem {
  // A union says what would fit at its own place; when one form came closer, its own problem helps more.
  const deeper = issue.type === 'union' ? issue.issues?.find((inner) => inner.path !== undefined) : undefined;
  if (deeper) {
    const inner = readable(deeper);
    return { ...inner, path: pointer(issue.path) + inner.path };
  }
  const path = [...(issue.path ?? [])];
  if (objectTypes.has(issue.type)) {
    const key = path.at(-1)?.key;
    if (issue.expected === 'never') {
      const unexpected = shown(key);
      return { path: pointer(path.slice(0, -1)), message: `unexpected property '${unexpected}'`, unexpected };
    }
    if (issue.received === 'undefined' && path.length > 0) {
      return { path: pointer(path.slice(0, -1)), message: `must have required property '${shown(key)}'` };
    }
  }
  return { path: pointer(path), message: describe(issue) };
}

function describe(issue: Issue): string {
  const limit = String(issue.requirement);
  switch (issue.type) {
    case 'min_length':
      return limit === '1' ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'max_length':
      return `must have at most ${limit} ${Array.isArray(issue.input) ? 'items' : 'characters'}`;
    case 'max_entries':
      return `must have at most ${limit} entries`;
    case 'min_value':
      return `must be >= ${limit}`;
    case 'max_value':
      return `must be <= ${limit}`;
    case 'integer':
      return 'must be a whole number';
    case 'regex':
      return `must match ${limit}`;
    case 'check':
      return issue.message;
    default:
      return `must be ${kinds(issue.expected ?? 'something else')}`;
  }
}

/** `("a" | "b")` → `one of "a", "b"`, `Object` → `object`. */
function kinds(expected: string): string {
  const names = expected
    .replace(/^\((.*)\)$/, '$1')
    .split(' | ')
    .map((name) => (name === 'Object' || name === 'Array' ? name.toLowerCase() : name));
  return names.length > 1 ? `one of ${names.join(', ')}` : (names[0] ?? '');
}

function pointer(path: Issue['path'] | readonly v.IssuePathItem[]): string {
  return (path ?? []).map(({ key }) => `/${shown(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A name as the sender chose it, as far as it is worth repeating. */
function shown(key: unknown): string {
  const name = String(key);
  return name.length > schemaLimits.nameChars ? `${name.slice(0, schemaLimits.nameChars)}…` : name;
}
