/**
 * A schema compiled to a check, with problems in words that people can act on. Everything that
 * crosses an edge (frames, params, HTTP bodies, config maps) is parsed through here.
 */
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** One thing that is wrong with a value: `path` as a JSON pointer, empty at the root. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export interface Check<T> {
  /** True when `value` has the shape. */
  is(value: unknown): value is T;
  /** Everything that is wrong with `value`, most telling first, one entry per place. */
  problems(value: unknown): Problem[];
}

/** Compiles lazily: a process that never meets the message never pays for its check. */
export function compile<S extends TSchema>(schema: S): Check<Static<S>> {
  let compiled: ReturnType<typeof Compile<S>> | undefined;
  const validator = (): ReturnType<typeof Compile<S>> => (compiled ??= Compile(schema));
  return {
    is: (value: unknown): value is Static<S> => validator().Check(value),
    problems: (value) => readable(validator().Errors(value)),
  };
}

/** `at /client/id: must be …`; the form of protocol.md §4.4 and methods.md. */
export function describeProblems(problems: readonly Problem[], most = 3): string {
  return problems
    .slice(0, most)
    .map((problem) => `at ${problem.path || 'root'}: ${problem.message}`)
    .join('; ');
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Keywords that only repeat what another error of the same value says better. */
const echoes = new Set(['boolean', 'const', 'anyOf', 'if', 'allOf']);

function readable(errors: readonly SchemaError[]): Problem[] {
  const found = new Map<string, Problem>();
  const alternatives = new Map<string, string[]>();
  for (const error of errors) {
    if (error.keyword !== 'const') continue;
    const allowed = alternatives.get(error.instancePath) ?? [];
    allowed.push(JSON.stringify(error.params.allowedValue));
    alternatives.set(error.instancePath, allowed);
  }
  for (const error of errors) {
    const path = error.instancePath;
    const place = (message: string): void => {
      const key = `${path} ${message}`;
      if (!found.has(key)) found.set(key, { path, message });
    };
    if (error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties') {
      const names = (error.params.additionalProperties ?? error.params.unevaluatedProperties) as string[];
      for (const name of names) place(`unexpected property '${name}'`);
    } else if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties as string[]) {
        place(`must have required property '${name}'`);
      }
    } else if (error.keyword === 'enum') {
      place(
        `must be one of ${(error.params.allowedValues as unknown[]).map((v) => JSON.stringify(v)).join(', ')}`,
      );
    } else if (error.keyword === 'const' || error.keyword === 'anyOf') {
      const allowed = alternatives.get(path);
      if (allowed) place(`must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}`);
      else if (error.keyword === 'anyOf' && !hasDeeper(errors, path)) place('has none of the allowed forms');
    } else if (!echoes.has(error.keyword)) {
      place(error.message);
    }
  }
  return [...found.values()];
}

function hasDeeper(errors: readonly SchemaError[], path: string): boolean {
  return errors.some((error) => !echoes.has(error.keyword) && error.instancePath.startsWith(path));
}
