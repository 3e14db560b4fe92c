/**
 * What a turn tries, in order (runs-and-events.md §13): each model with each credential of its provider. A refused
 * credential gives way to the next one, a provider that does not answer to the next model. Who rests or is left alone is
 * passed over; when that is everybody, the one whose rest ends first is asked after all, unless the provider said how long.
 */
import { monotonicMs } from '../../shared/monotonic.js';
import type { Credential } from '../../shared/routes.js';
import type { Candidate } from './model-selection.js';
import type { ModelCall } from './protocol.js';
import type { Turn } from './turn.js';
import { restingFailure, retryAfterMs, type Rest } from './upstream/cooldowns.js';
import { categoryOf, troubleOf, UpstreamFailure } from './upstream/failure.js';
import type { Upstream } from './upstream/upstream.js';
import { noUsage } from '../../shared/usage.js';

export interface Try {
  readonly candidate: Candidate;
  readonly credential: Credential;
}

/** One that was not asked because it rests. */
interface Resting extends Try {
  readonly rest: Rest;
}

export class Tries {
  readonly #candidates: readonly Candidate[];
  readonly #turn: Turn;
  readonly #upstream: Upstream;
  readonly #calls: ModelCall[];
  /** Place of the next one. */
  #model = 0;
  #credential = 0;
  #asked = false;
  #failures: { readonly candidate: Candidate; readonly failure: UpstreamFailure }[] | undefined;
  #resting: Resting[] | undefined;

  constructor(
    candidates: readonly Candidate[],
    turn: Turn,
    upstream: Upstream,
    /** Gets those that are passed over, too. */
    calls: ModelCall[],
  ) {
    this.#candidates = candidates;
    this.#turn = turn;
    this.#upstream = upstream;
    this.#calls = calls;
  }

  /** Undefined when there is nothing left to try. */
  next(): Try | undefined {
    for (; this.#model < this.#candidates.length; this.#nextModel()) {
      const candidate = this.#candidates[this.#model] as Candidate;
      if (this.#model > 0 && candidate.textOnly && showsImages(this.#turn)) continue;
      const credential = this.#usableCredential(candidate);
      if (!credential) continue;
      const breaker = this.#upstream.breakerOf(candidate.provider);
      if (breaker.admits()) {
        this.#asked = true;
        return { candidate, credential };
      }
      this.#passOver(candidate, breaker.refusal());
    }
    return this.#leastResting();
  }

  /** @returns whether something else may be tried */
  failed({ candidate }: Try, failure: UpstreamFailure): boolean {
    this.#note(candidate, failure);
    const trouble = troubleOf(failure);
    if (trouble === undefined) return false;
    if (trouble === 'provider') this.#nextModel();
    else this.#credential += 1;
    return true;
  }

  /**
   * What the client is told when nothing was left: how long to wait where that would help, else what the first model
   * said, which is what it asked for.
   */
  get failure(): UpstreamFailure {
    const failures = this.#failures ?? [];
    const waiting = failures.every(({ failure }) => failure.status === 429 || troubleOf(failure) === 'auth');
    const limited = failures.flatMap(({ failure }) => (failure.status === 429 ? failure : []));
    const told = (waiting ? soonest(limited) : undefined) ?? failures[0]?.failure;
    if (!told) return new UpstreamFailure('connection', 'there is no model to ask');
    if (failures.length === 1) return told;
    const message = failures
      .map((one) => `${one.candidate.provider.id}/${one.candidate.model}: ${one.failure.message}`)
      .join('; ');
    const { reason, status, retryAfter, text, overflow } = told;
    return new UpstreamFailure(reason, message, {
      ...(status === undefined ? {} : { status }),
      retryAfter,
      text,
      overflow,
    });
  }

  #nextModel(): void {
    this.#model += 1;
    this.#credential = 0;
  }

  #usableCredential(candidate: Candidate): Credential | undefined {
    const { credentials } = candidate.provider;
    for (; this.#credential < credentials.length; this.#credential += 1) {
      const credential = credentials[this.#credential] as Credential;
      const rest = this.#upstream.cooldowns.restOf(credential, candidate.model);
      if (!rest) return credential;
      this.#resting ??= [];
      this.#resting.push({ candidate, credential, rest });
      this.#passOver(candidate, restingFailure(rest, monotonicMs()));
    }
    return undefined;
  }

  #passOver(candidate: Candidate, failure: UpstreamFailure): void {
    this.#note(candidate, failure);
    const { provider, model } = candidate;
    this.#calls.push({
      ms: 0,
      firstByteMs: undefined,
      outcome: 'skipped',
      category: categoryOf(failure),
      provider: provider.id,
      model,
      api: provider.api,
      usage: noUsage,
      cost: undefined,
    });
  }

  #leastResting(): Try | undefined {
    if (this.#asked || !this.#resting) return undefined;
    this.#asked = true;
    const told = this.#resting.some(({ rest }) => rest.told);
    return this.#resting
      .filter(({ rest }) => !rest.told && !(told && troubleOf(rest.failure) === 'auth'))
      .toSorted((a, b) => a.rest.until - b.rest.until)[0];
  }

  #note(candidate: Candidate, failure: UpstreamFailure): void {
    this.#failures ??= [];
    this.#failures.push({ candidate, failure });
  }
}

function showsImages({ messages }: Turn): boolean {
  return messages.some((message) => message.role === 'user' && message.images !== undefined);
}

/** The one after which it may be asked again first. */
function soonest(failures: readonly UpstreamFailure[]): UpstreamFailure | undefined {
  const waitMs = ({ retryAfter }: UpstreamFailure): number =>
    retryAfterMs(retryAfter, Date.now()) ?? Number.POSITIVE_INFINITY;
  return failures.toSorted((a, b) => waitMs(a) - waitMs(b))[0];
}
