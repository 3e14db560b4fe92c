/** The forms in which endpoints tell an answer, whole, as a stream, or failed: one for each endpoint. */
import type { ApiError } from '../../shared/errors/api-error.js';
import { apiErrorBody } from '../../shared/errors/api-error.js';
import type { HttpErrorName } from '../../shared/errors/catalogue.js';
import { createChunkEncoder, encodeCompletion, encodeStreamError } from './chat/encode.js';
import type { AnswerForm } from './prepared-turn.js';
import { createEventEncoder, encodeFailedEvent, encodeFailure, encodeResponse } from './responses/encode.js';
import type { TurnEvent, TurnResult } from './turn.js';

/** Turns events into SSE text; keeps what the end of the stream needs to know. */
export interface StreamEncoder {
  /** What a stream begins with: once, first. */
  open(): string;
  event(event: TurnEvent): string;
  /** The end of the stream, and `[DONE]`. */
  close(): string;
  /** Names of the tools called so far. */
  readonly calledTools: readonly string[];
}

export function encodeAnswer(form: AnswerForm, result: TurnResult): string {
  return form.endpoint === 'responses' ? encodeResponse(form, result) : encodeCompletion(form, result);
}

export function createStreamEncoder(form: AnswerForm): StreamEncoder {
  return form.endpoint === 'responses'
    ? createEventEncoder(form)
    : createChunkEncoder(form, form.includeUsage);
}

/** The body of an answer that is an error, of a run that had begun. */
export function encodeRunError(form: AnswerForm, { kind, message }: ApiError): string {
  return form.endpoint === 'responses' ? encodeFailure(form, kind, message) : apiErrorBody(kind, message);
}

/** An error in a stream that has begun, and the stream's end. */
export function encodeBrokenStream(form: AnswerForm, kind: HttpErrorName): string {
  return form.endpoint === 'responses' ? encodeFailedEvent(form, kind) : encodeStreamError(kind);
}
