/** The three frames of the protocol and the `connect` params: schemas, from which come types and checks (protocol.md §2, §5). */
import * as v from 'valibot';
import type { RpcErrorCode } from '../errors/catalogue.js';
import { requestLimits } from '../limits.js';
import { about, compile, ignored, list, map } from '../schema.js';
import { clientIds, clientModes } from './constants.js';

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(requestLimits.textChars));
const atMost = (characters: number) => v.pipe(v.string(), v.maxLength(characters));
const name = atMost(requestLimits.textChars);
const whole = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const RequestFrame = v.strictObject({
  type: v.literal('req'),
  id: text,
  method: text,
  params: v.exactOptional(about('Of the method; missing is `{}`.', v.unknown())),
  traceparent: v.exactOptional(about('No effect yet.', atMost(128))),
  expectedProfileId: v.exactOptional(about('No effect.', name)),
});
export type RequestFrame = v.InferOutput<typeof RequestFrame>;
export const requestFrame = compile(RequestFrame);

const Client = v.strictObject({
  id: v.picklist(clientIds),
  displayName: v.exactOptional(text),
  version: text,
  buildId: v.exactOptional(atMost(96)),
  platform: text,
  deviceFamily: v.exactOptional(text),
  modelIdentifier: v.exactOptional(text),
  timeZone: v.exactOptional(atMost(64)),
  mode: v.picklist(clientModes),
  instanceId: v.exactOptional(text),
});

const { scopes: mostScopes, commands: mostCommands } = requestLimits;

const ConnectParams = v.strictObject({
  minProtocol: whole(1),
  maxProtocol: whole(1),
  client: Client,
  caps: v.exactOptional(list(name, mostScopes)),
  commands: v.exactOptional(about('Of a node.', list(name, mostCommands))),
  permissions: v.exactOptional(about('Of a node.', map(name, v.boolean(), mostCommands))),
  pathEnv: v.exactOptional(about('Of a node.', atMost(requestLimits.pathChars))),
  role: v.exactOptional(about('`operator` or `node`. Default: `operator`.', text)),
  scopes: v.exactOptional(
    about('What the connection wants to do. Default: nothing.', list(name, mostScopes)),
  ),
  device: v.exactOptional(
    // A missing nonce has an error of its own (protocol.md §8.3): clients of the historic form have none.
    v.strictObject({
      id: text,
      publicKey: text,
      signature: text,
      signedAt: about('`ts` of the challenge.', whole(0)),
      nonce: v.exactOptional(about('Of the challenge.', name)),
    }),
  ),
  auth: v.exactOptional(
    v.strictObject({
      token: v.exactOptional(v.string()),
      password: v.exactOptional(v.string()),
      deviceToken: v.exactOptional(v.string()),
      bootstrapToken: v.exactOptional(v.string()),
      approvalRuntimeToken: v.exactOptional(v.string()),
      agentRuntimeIdentityToken: v.exactOptional(v.string()),
    }),
  ),
  locale: v.exactOptional(name),
  userAgent: v.exactOptional(atMost(requestLimits.userAgentChars)),
  modelCatalog: ignored,
  computerUse: ignored,
  workerRuns: ignored,
});
export type ConnectParams = v.InferOutput<typeof ConnectParams>;
export const connectParams = compile(ConnectParams);

/** The error of a response (protocol.md §17). */
export interface ErrorShape {
  readonly code: RpcErrorCode;
  readonly message: string;
  readonly details?: unknown;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

/** Numbers that tell a client how fresh its presence list and health snapshot are (protocol.md §14.5). */
export interface StateVersion {
  readonly presence: number;
  readonly health: number;
}

/** A successful response; `payload` is already JSON text, so that a cached answer is encoded once. */
export function encodeResponse(id: string, payload: string): string {
  return `{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${payload}}`;
}

/** `payload` is JSON text: a run that failed has one beside its error (runs-and-events.md §1.2). */
export function encodeErrorResponse(id: string, error: ErrorShape, payload?: string): string {
  const beside = payload === undefined ? '' : `"payload":${payload},`;
  return `{"type":"res","id":${JSON.stringify(id)},"ok":false,${beside}"error":${JSON.stringify(error)}}`;
}
