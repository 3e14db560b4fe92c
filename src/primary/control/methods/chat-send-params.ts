/**
 * Params of `chat.send` that say where a message comes from (methods.md §3): whole families of names. What they hold
 * means nothing here, only whether they are used: most of them an admin's programs may use only.
 */
import type { Check } from '../../../shared/schema.js';
import type { DerivedCheck } from './param-types.js';

export interface Provenance {
  /** Fields that need admin, by the name of their family. */
  readonly privileged: 'system provenance' | 'originating route' | undefined;
}

const system = /^system(?:InputProvenance|ProvenanceReceipt)$|^suppressCommandInterpretation$/;
const originating = /^originating[A-Z]/;
const expected = /^expected[A-Z]/;

/** `check` does not see these fields. */
export function withProvenance<Params extends object>(
  check: Check<Params>,
): DerivedCheck<Params, Params & Provenance> {
  const { is: _is, ...rest } = check;
  return {
    ...rest,
    parse(value) {
      const fields = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
      const uses = (family: RegExp): boolean =>
        (fields ?? []).some(([name, held]) => family.test(name) && held);
      const others = fields?.filter(
        ([name]) => ![system, originating, expected].some((one) => one.test(name)),
      );
      const read = check.parse(others ? Object.fromEntries(others) : value);
      if (!read.ok) return read;
      const privileged = uses(system)
        ? 'system provenance'
        : uses(originating)
          ? 'originating route'
          : undefined;
      return { ok: true, value: { ...read.value, privileged } };
    },
  };
}
