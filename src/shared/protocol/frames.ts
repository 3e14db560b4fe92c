/** The three frames of the protocol and the `connect` params: schemas, from which come types and checks (protocol.md §2, §5). */
import Type, { type Static } from 'typebox';
import { compile } from '../schema.js';
import { clientIds, clientModes } from './constants.js';

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1 });

export const RequestFrame = Type.Object(
  {
    type: Type.Literal('req'),
    id: text,
    method: text,
    params: Type.Optional(Type.Unknown()),
    traceparent: Type.Optional(Type.String({ maxLength: 128 })),
    expectedProfileId: Type.Optional(Type.String()),
  },
  closed,
);
export type RequestFrame = Static<typeof RequestFrame>;
export const requestFrame = compile(RequestFrame);

export const ConnectParams = Type.Object(
  {
    minProtocol: Type.Integer({ minimum: 1 }),
    maxProtocol: Type.Integer({ minimum: 1 }),
    client: Type.Object(
      {
        id: Type.Enum([...clientIds]),
        displayName: Type.Optional(text),
        version: text,
        buildId: Type.Optional(Type.String({ maxLength: 96 })),
        platform: text,
        deviceFamily: Type.Optional(text),
        modelIdentifier: Type.Optional(text),
        timeZone: Type.Optional(Type.String({ maxLength: 64 })),
        mode: Type.Enum([...clientModes]),
        instanceId: Type.Optional(text),
      },
      closed,
    ),
    caps: Type.Optional(Type.Array(Type.String())),
    commands: Type.Optional(Type.Array(Type.String())),
    permissions: Type.Optional(Type.Record(Type.String(), Type.Boolean())),
    pathEnv: Type.Optional(Type.String()),
    role: Type.Optional(text),
    scopes: Type.Optional(Type.Array(Type.String())),
    device: Type.Optional(
      Type.Object(
        { id: text, publicKey: text, signature: text, signedAt: Type.Integer({ minimum: 0 }), nonce: text },
        closed,
      ),
    ),
    auth: Type.Optional(
      Type.Object(
        {
          token: Type.Optional(Type.String()),
          password: Type.Optional(Type.String()),
          deviceToken: Type.Optional(Type.String()),
          bootstrapToken: Type.Optional(Type.String()),
          approvalRuntimeToken: Type.Optional(Type.String()),
          agentRuntimeIdentityToken: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
    locale: Type.Optional(Type.String()),
    userAgent: Type.Optional(Type.String()),
    modelCatalog: Type.Optional(Type.Unknown()),
    computerUse: Type.Optional(Type.Unknown()),
    workerRuns: Type.Optional(Type.Unknown()),
  },
  closed,
);
export type ConnectParams = Static<typeof ConnectParams>;
export const connectParams = compile(ConnectParams);

/** The error of a response (protocol.md §17). */
export interface ErrorShape {
  readonly code: RpcErrorCode;
  readonly message: string;
  readonly details?: unknown;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

export type RpcErrorCode =
  | 'INVALID_REQUEST'
  | 'FORBIDDEN'
  | 'NOT_PAIRED'
  | 'UNAVAILABLE'
  | 'APPROVAL_NOT_FOUND';

/** Numbers that tell a client how fresh its presence list and health snapshot are (protocol.md §14.5). */
export interface StateVersion {
  readonly presence: number;
  readonly health: number;
}

/** A successful response; `payload` is already JSON text, so that a cached answer is encoded once. */
export function encodeResponse(id: string, payload: string): string {
  return `{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${payload}}`;
}

export function encodeErrorResponse(id: string, error: ErrorShape): string {
  return `{"type":"res","id":${JSON.stringify(id)},"ok":false,"error":${JSON.stringify(error)}}`;
}
