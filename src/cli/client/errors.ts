/** What can go wrong between the command line and a gateway, with everything that is known about it. */
import { plainText } from '../output/plain-text.js';

export type GatewayFailure =
  /** No WebSocket came about. */
  | 'unreachable'
  /** The socket closed before the answer. */
  | 'closed'
  /** The deadline passed. */
  | 'timeout'
  /** The gateway answered with an error. */
  | 'response';

/** The error of a response, as it came (protocol.md §17). */
export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly retryAfterMs?: number;
}

export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

export interface FailureFacts {
  readonly server?: ServerError | undefined;
  readonly close?: CloseFrame | undefined;
}

export class GatewayError extends Error {
  readonly failure: GatewayFailure;
  readonly server: ServerError | undefined;
  readonly close: CloseFrame | undefined;
  /** The other side had sent its challenge: whatever went wrong then, it is a gateway. */
  readonly greeted: boolean;

  constructor(failure: GatewayFailure, message: string, greeted: boolean, facts: FailureFacts = {}) {
    super(message);
    this.name = 'GatewayError';
    this.failure = failure;
    this.greeted = greeted;
    this.server = facts.server;
    this.close = facts.close;
  }
}

const closeNames: Readonly<Record<number, string>> = {
  1000: 'normal closure',
  1002: 'protocol error',
  1005: 'no close code',
  1006: 'abnormal closure (no close frame)',
  1008: 'policy violation',
  1009: 'message too big',
  1011: 'internal error',
  1012: 'service restart',
  1013: 'try again later',
  4001: 'credentials changed',
};

/** `gateway closed (1008 policy violation): unauthorized: …`; a server's own error says more than the close reason. */
export function closedError(close: CloseFrame, greeted: boolean, server?: ServerError): GatewayError {
  const name = closeNames[close.code];
  const why = server?.message ?? (plainText(close.reason) || 'no close reason');
  const message = `gateway closed (${close.code}${name === undefined ? '' : ` ${name}`}): ${why}`;
  return new GatewayError('closed', message, greeted, { close, server });
}
