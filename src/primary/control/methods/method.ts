/** What an RPC method is (methods.md §1). */
import type { ErrorShape } from '../../../shared/protocol/frames.js';
import type { Scope } from '../../../shared/protocol/scopes.js';
import type { Connection } from '../connection.js';
import type { MethodName, ParamsOf } from './params.js';

export interface Method<P = unknown> {
  readonly name: MethodName;
  /** Null: any connection may call it. */
  readonly scope: Scope | null;
  /** The payload as JSON text. @throws RpcError */
  answer(params: P, connection: Connection): string | Promise<string>;
}

/** An answer that is an error, on purpose. */
export class RpcError extends Error {
  readonly shape: ErrorShape;

  constructor(shape: ErrorShape) {
    super(shape.message);
    this.name = 'RpcError';
    this.shape = shape;
  }
}

/** Keeps a method's params type while it stands in a list with others. */
export function method<N extends MethodName>(definition: Method<ParamsOf<N>> & { readonly name: N }): Method {
  return definition;
}
