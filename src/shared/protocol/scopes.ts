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

/** For whoever lacks a scope, over WebSocket and HTTP alike. */
export function missingScopeDetails(scope: Scope): object {
  return { code: 'MISSING_SCOPE', missingScope: scope, requiredScopes: [scope] };
}

/** True when `granted` contains or implies every one of `required`. */
export function covers(granted: ReadonlySet<string>, required: readonly string[]): boolean {
  return required.every((scope) => hasScope(granted, scope as Scope));
}

/** What these scopes amount to: implied ones written out, sorted, each once (protocol.md §11.5). */
export function normalizeScopes(scopes: Iterable<string>): readonly string[] {
  const all = new Set(scopes);
  if (all.has('operator.admin')) all.add('operator.write');
  if (all.has('operator.write')) all.add('operator.read');
  return [...all].toSorted();
}
