/**
 * What a provider adapter is: data and mapping. Connections, deadlines, retries and back-pressure are the
 * turn runner's; an adapter only says what to send and what an answer means.
 */
import type { Credential } from '../../../shared/routes.js';
import type { Candidate } from '../model-selection.js';
import type { Turn, TurnEvent, TurnResult, Usage } from '../turn.js';

export interface ProviderRequest {
  /** Appended to the provider's base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Meaning of a stream, one server-sent event at a time. */
export interface StreamReader {
  /**
   * Events of the turn that `data` stands for. Nothing is given before the model has said something, so that an error
   * at the beginning can still be answered by another model.
   * @throws ErrorInAnswer when it is one, Error when it is not what the API promises
   */
  read(data: string): TurnEvent[];
  /** True once the model has said that it is done. */
  readonly complete: boolean;
  /** True once nothing more of the stream matters. */
  readonly ended: boolean;
  /** What the provider has counted so far, where it does before the end. */
  readonly usage?: Usage;
}

export interface HttpAdapter {
  readonly kind: 'http';
  request(turn: Turn, to: Candidate, credential: Credential, stream: boolean): ProviderRequest;
  /** @throws ErrorInAnswer when it holds one, Error when `answer` is not what the API promises */
  readAnswer(answer: unknown, from: Candidate): TurnResult;
  openStream(from: Candidate): StreamReader;
}

/** A provider inside the gateway. */
export interface LocalAdapter {
  readonly kind: 'local';
  generate(turn: Turn, options: { readonly testHooks: boolean }): AsyncIterable<TurnEvent>;
}

export type Adapter = HttpAdapter | LocalAdapter;
