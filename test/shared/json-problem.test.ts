import { expect, it } from 'vitest';
import { jsonProblem } from '../../src/shared/json-problem.js';

const problem = (text: string): string => {
  try {
    return String(JSON.parse(text));
  } catch (caught) {
    return jsonProblem(caught);
  }
};

it.each([
  ['some-secret', "Unexpected token 's'"],
  ['{"a": some-secret-that-is-long}', "Unexpected token 's'"],
  ['["a lot of it", "more", some-secret-that-is-long, "and", "more"]', "Unexpected token 's'"],
  ['{"a" "some-secret"}', "Expected ':' after property name in JSON at position 5 (line 1 column 6)"],
  ['"some-secret', 'Unterminated string in JSON at position 12 (line 1 column 13)'],
  ['{', "Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
])('%s: where, and nothing of it', (text, told) => {
  // Where it is told varies with the version of Node.
  expect(problem(text).replace(/ \(line.*/, '')).toBe(told.replace(/ \(line.*/, ''));
});
