/** Why a secret could not be had: in words that name places and never a value, nor what a command printed. */
import type { PlacedRef } from './config-refs.js';
import { describeRef, type SecretRef } from './ref.js';
import { secretLimits } from './limits.js';

export type FailureCode =
  | 'NOT_FOUND'
  | 'NOT_ALLOWED'
  | 'UNKNOWN_PROVIDER'
  | 'UNSAFE'
  | 'UNAVAILABLE'
  | 'TIMEOUT'
  | 'TOO_LARGE'
  | 'INVALID_OUTPUT'
  | 'INVALID_VALUE'
  | 'ABORTED';

/** Gives what an id means to a provider that has been read. @throws SecretFailure for this id alone */
export type ReadId = (id: string) => string;

export interface FailureReason {
  readonly code: FailureCode;
  readonly message: string;
}

/** A provider, or one id of it, that fails. */
export class SecretFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.name = 'SecretFailure';
    this.code = code;
  }
}

export interface RefFailure extends FailureReason {
  /** In the config. */
  readonly path: string;
  readonly ref: SecretRef;
}

/** Secrets that are needed and cannot be had. */
export class SecretsUnavailable extends Error {
  readonly failures: readonly RefFailure[];
  /** Of these, and of others. */
  readonly places: readonly PlacedRef[];

  constructor(failures: readonly RefFailure[], places: readonly PlacedRef[]) {
    super(describeFailures(failures));
    this.name = 'SecretsUnavailable';
    this.failures = failures;
    this.places = places;
  }
}

/** `gateway.auth.token: file provider "main", /token: there is no such value`, the first few of them. */
export function describeFailures(failures: readonly RefFailure[]): string {
  const named = failures.slice(0, secretLimits.namedFailures).map(describeFailure);
  const more = failures.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

export function describeFailure(failure: RefFailure): string {
  return `${failure.path}: ${describeRefFailure(failure)}`;
}

/** Where its path is told already. */
export function describeRefFailure({ ref, message }: RefFailure): string {
  return `${describeRef(ref)}: ${message}`;
}
