/**
 * The errors that clients can meet: over HTTP each with its status, type and whether a retry can help (http.md §4,
 * §7.2), over WebSocket each with what it is used for (protocol.md §17). Tests hold the pages in `docs/` to these tables.
 */

export interface HttpErrorKind {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly retryable: boolean;
  /** For the operator who sees it. */
  readonly hint: string;
}

const table = {
  unauthorized: {
    status: 401,
    type: 'unauthorized',
    message: 'Unauthorized',
    retryable: false,
    hint: 'Send `Authorization: Bearer <gateway token or password>`.',
  },
  forbiddenHost: {
    status: 403,
    type: 'forbidden',
    message: 'This Host or Origin may not use a gateway without a secret',
    retryable: false,
    hint: 'Auth mode none serves local names only, and pages as gateway.controlUi.allowedOrigins says, as does mode trusted-proxy.',
  },
  tooManyFailures: {
    status: 429,
    type: 'rate_limited',
    message: 'Too many failed authentication attempts. Please try again later.',
    retryable: true,
    hint: 'The client showed wrong credentials too often; Retry-After says when it may try again (gateway.auth.rateLimit).',
  },
  proxyAttributionRequired: {
    status: 403,
    type: 'proxy_attribution_required',
    message:
      'This request came through a proxy that the gateway does not trust, so it cannot tell who sent it',
    retryable: false,
    hint: 'Add the proxy’s address to gateway.trustedProxies, or use another auth mode than none.',
  },
  missingScope: {
    status: 403,
    type: 'forbidden',
    message: 'The scopes of this request do not suffice',
    retryable: false,
    hint: 'x-pllan-scopes restricts what a request may do; its proxy or client sends too few.',
  },
  payloadTooLarge: {
    status: 413,
    type: 'invalid_request_error',
    message: 'Payload too large',
    retryable: false,
    hint: 'The endpoint has a body limit (`maxBodyBytes`).',
  },
  bodyTimeout: {
    status: 408,
    type: 'invalid_request_error',
    message: 'Request body timeout',
    retryable: true,
    hint: 'The whole body must arrive within 30 s.',
  },
  invalidRequest: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Invalid request',
    retryable: false,
    hint: 'The message names the field.',
  },
  modelNotFound: {
    status: 404,
    type: 'invalid_request_error',
    message: 'Model not found.',
    retryable: false,
    hint: 'GET /v1/models lists what there is.',
  },
  serviceUnavailable: {
    status: 503,
    type: 'service_unavailable',
    message: 'The gateway is starting, stopping or has no worker; try again shortly',
    retryable: true,
    hint: 'Look at /readyz and the log.',
  },
  overloaded: {
    status: 503,
    type: 'overloaded',
    message: 'The gateway is at its limit; try again shortly',
    retryable: true,
    hint: 'gateway.workers.maxQueue tasks are waiting; see pllan_pool_queue_depth.',
  },
  notStored: {
    status: 503,
    type: 'service_unavailable',
    message: 'cannot write to the store: nothing was stored, try again later',
    retryable: true,
    hint: 'The disk is full or the state directory read-only: the log says which (`store.failing`), and /readyz. Requests without a session are served.',
  },
  sessionNotFound: {
    status: 404,
    type: 'not_found',
    message: 'Session not found',
    retryable: false,
    hint: 'It may have been removed; `sessions.list` says which there are.',
  },
  idempotencyInProgress: {
    status: 409,
    type: 'idempotency_in_progress',
    message: 'The first request with this Idempotency-Key has not been answered yet',
    retryable: true,
    hint: 'Repeat it later, and be answered what that one is.',
  },
  idempotencyMismatch: {
    status: 422,
    type: 'idempotency_mismatch',
    message: 'This Idempotency-Key was used for a request with another body',
    retryable: false,
    hint: 'A key stands for one request; make a new one for each.',
  },
  runAborted: {
    status: 410,
    type: 'run_aborted',
    message: 'The run was ended before it had an answer',
    retryable: false,
    hint: 'By its own client, which went away, or by another one, with `chat.abort` for example.',
  },
  runInterrupted: {
    status: 500,
    type: 'api_error',
    message: 'interrupted: the run has no answer',
    retryable: true,
    hint: 'The gateway, its worker or a thread ended in the middle of it. A repeat needs a new Idempotency-Key.',
  },
  toolRequest: {
    status: 400,
    type: 'invalid_request',
    message: 'Invalid request',
    retryable: false,
    hint: 'POST /tools/invoke: the message names the field.',
  },
  toolInput: {
    status: 400,
    type: 'tool_error',
    message: 'The tool does not take these arguments',
    retryable: false,
    hint: 'The message is the tool’s.',
  },
  toolBlocked: {
    status: 403,
    type: 'tool_call_blocked',
    message: 'The call was not allowed',
    retryable: false,
    hint: 'A rule or a person said no; of commands see exec-approvals.json and exec.approval.list.',
  },
  toolNotFound: {
    status: 404,
    type: 'not_found',
    message: 'Tool not available',
    retryable: false,
    hint: 'There is none of this name, or tools, gateway.tools or the agent’s own lists leave it out.',
  },
  toolFailed: {
    status: 500,
    type: 'tool_error',
    message: 'tool execution failed',
    retryable: true,
    hint: 'The cause is in the log.',
  },
  hookRequest: {
    status: 400,
    type: 'hook_request',
    message: 'Invalid request',
    retryable: false,
    hint: 'Web hooks: the message names the field. They are answered `{"ok":false,"error":"<message>"}`, without the type.',
  },
  hookDenied: {
    status: 409,
    type: 'hook_denied',
    message: 'send blocked by session policy',
    retryable: false,
    hint: 'Web hooks: the session takes no messages, see `sendPolicy` of `sessions.patch`.',
  },
  hookMapping: {
    status: 500,
    type: 'hook_mapping',
    message: 'hook mapping failed',
    retryable: true,
    hint: 'Web hooks: the cause is in the log, `hook.mapping`.',
  },
  hookNotStored: {
    status: 502,
    type: 'hook_not_stored',
    message: 'the hook could not be stored',
    retryable: true,
    hint: 'Web hooks: the cause is in the log. Repeat it with the same idempotency key.',
  },
  internal: {
    status: 500,
    type: 'api_error',
    message: 'internal error',
    retryable: true,
    hint: 'The cause is in the log.',
  },
  toolCallMissing: {
    status: 502,
    type: 'api_error',
    message: 'The model did not make the tool call that tool_choice demands',
    retryable: true,
    hint: 'Not every model follows tool_choice; the log names the model.',
  },
  upstreamRateLimit: {
    status: 429,
    type: 'rate_limit_error',
    message: 'The model provider limits requests; try again later',
    retryable: true,
    hint: 'Retry-After is the provider’s.',
  },
  upstreamAuth: {
    status: 502,
    type: 'upstream_auth_error',
    message: 'The model provider refused the gateway’s credential',
    retryable: false,
    hint: 'Check models.providers.<id>.apiKey.',
  },
  upstreamFailed: {
    status: 502,
    type: 'upstream_error',
    message: 'The model provider failed',
    retryable: true,
    hint: 'The provider answered 5xx, reset the connection or sent something unreadable; see the log.',
  },
  upstreamTimeout: {
    status: 504,
    type: 'upstream_timeout',
    message: 'The model provider did not answer in time',
    retryable: true,
    hint: 'See models.providers.<id>.timeouts and agents.defaults.timeoutSeconds.',
  },
  upstreamRejected: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The model provider rejected the request',
    retryable: false,
    hint: 'The message is the provider’s.',
  },
} as const satisfies Record<string, HttpErrorKind>;

export type HttpErrorName = keyof typeof table;

export const httpErrors: Readonly<Record<HttpErrorName, HttpErrorKind>> = table;

/** Codes of an answer that is an error, and when a client gets them. */
export const rpcErrors = {
  INVALID_REQUEST:
    'The frame, the params, the method or the credentials are wrong, or what is named is not there.',
  FORBIDDEN: 'A scope is missing; `details.requiredScopes` names it.',
  NOT_PAIRED:
    'A device identity is needed, or the device waits for approval; `details.requestId` names the request.',
  UNAVAILABLE:
    'Starting, stopping, overloaded, or the work failed. With `retryable` a repeat can help, after `retryAfterMs`.',
  APPROVAL_NOT_FOUND: 'The approval is unknown or has expired.',
} as const;

export type RpcErrorCode = keyof typeof rpcErrors;
