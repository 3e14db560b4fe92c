/** What an RPC method is (methods.md §1). */
import type { ErrorShape } from '../../../shared/protocol/frames.js';
import { hasScope, missingScopeDetails, type Scope } from '../../../shared/protocol/scopes.js';
import type { Connection } from '../connection.js';
import type { MethodName, ParamsOf } from './params.js';

export interface Method<P = unknown> {
  readonly name: MethodName;
  /** Whose it is; an operator's when nothing is said. */
  readonly role?: 'node';
  /** Null: any connection of its role may call it. */
  readonly scope: Scope | null;
  /** False: may be called, but `hello-ok` does not name it (methods.md §1). */
  readonly advertised?: false;
  /** It changes the gateway itself: a client may call it only so often (protocol.md §7). */
  readonly writeLimited?: true;
  /** It may read many lines or sessions: it takes turns with others that do. */
  readonly readsMuch?: true;
  /** What it does and what it answers, in Markdown: both are in the reference of docs/protocol.md. */
  readonly summary: string;
  readonly answers: string;
  /** The payload as JSON text. @throws RpcError */
  answer(params: P, connection: Connection, again: AnswerAgain): string | Promise<string>;
}

/** Answers the same request a second time, after the first answer (protocol.md §2.2). */
export type AnswerAgain = (answer: LateAnswer) => void;

export type LateAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly payload: string; readonly error: ErrorShape };

/** An answer that is an error, on purpose. */
export class RpcError extends Error {
  readonly shape: ErrorShape;
  /** JSON text that goes beside the error, where a method has some. */
  readonly payload: string | undefined;

  constructor(shape: ErrorShape, payload?: string) {
    super(shape.message);
    this.name = 'RpcError';
    this.shape = shape;
    this.payload = payload;
  }
}

/** The commonest of them: something about the request is wrong. */
export function invalidRequest(message: string): RpcError {
  return new RpcError({ code: 'INVALID_REQUEST', message });
}

/** What a caller is told who lacks a scope (protocol.md §7). */
export function missingScope(scope: Scope): ErrorShape {
  return {
    code: 'FORBIDDEN',
    message: `missing scope: ${scope}`,
    details: missingScopeDetails(scope),
  };
}

export function isAdmin({ session }: Connection): boolean {
  return hasScope(session?.scopes ?? new Set(), 'operator.admin');
}

/** For what a method does only for some: others get `FORBIDDEN`. @throws RpcError */
export function requireAdmin(connection: Connection): void {
  if (!isAdmin(connection)) throw new RpcError(missingScope('operator.admin'));
}

export const REDACTED_PATH = '[redacted]';

/** Where the gateway keeps things, as far as its caller may know. */
export function shownPath(path: string, connection: Connection): string {
  return isAdmin(connection) ? path : REDACTED_PATH;
}

/** Keeps a method's params type while it stands in a list with others. */
export function method<N extends MethodName>(definition: Method<ParamsOf<N>> & { readonly name: N }): Method {
  return definition;
}
