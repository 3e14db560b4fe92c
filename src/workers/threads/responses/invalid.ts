/** Refusals of a request to `/v1/responses`, `<path>: <problem>` (http.md §8). */
import { ApiError } from '../../../shared/errors/api-error.js';
import type { Check, Problem } from '../../../shared/schema.js';

export function invalid(message: string): ApiError {
  return new ApiError('invalidRequest', { message });
}

/** @param at where in the body the value is, `input.0`; empty for all of it. @throws ApiError 400 for the first problem */
export function requireValid<T>(check: Check<T>, value: unknown, at = ''): asserts value is T {
  if (check.is(value)) return;
  const [problem] = check.problems(value);
  throw invalid(describe(problem ?? { path: '', message: 'not accepted' }, at));
}

/** The object checks name a key that is missing, or too many, in the problem: here it is part of the path. */
function describe({ path, message }: Problem, at: string): string {
  const [, what, key] = /^(must have required|unexpected) property '(.+)'$/.exec(message) ?? [];
  const places = [at, ...path.split('/'), key ?? ''].filter((place) => place !== '');
  const problem = what === undefined ? message : what === 'unexpected' ? 'is not known' : 'is required';
  return `${places.join('.') || 'body'}: ${problem}`;
}
