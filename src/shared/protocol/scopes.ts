/** Operator scopes and what satisfies them (protocol.md §7). */

export type Scope =
  | 'operator.read'
  | 'operator.write'
  | 'operator.admin'
  | 'operator.approvals'
  | 'operator.pairing';

/** Admin satisfies everything, write satisfies read. */
export function hasScope(granted: ReadonlySet<string>, required: Scope): boolean {
  if (granted.has(required) || granted.has('operator.admin')) return true;
  return required === 'operator.read' && granted.has('operator.write');
}
