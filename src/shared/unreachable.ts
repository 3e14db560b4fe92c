/** Closes an exhaustive `switch`: a case that is missing fails the type check, not the user. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
