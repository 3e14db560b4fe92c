/**
 * What a turn tries, in order (runs-and-events.md §13): each model with each credential of its provider. A refused
 * credential gives way to the next one, a provider that does not answer to the next model. Who rests or is left alone is
 * passed over; when that is everybody, the one whose time comes first is asked after all. Where there is nothing else to
 * try, nobody is passed over: the client hears what its provider says now.
 */
import { monotonicMs } from '../../shared/monotonic.js';
import type { Credential } from '../../shared/routes.js';
import { noUsage } from '../../shared/usage.js';
import type { Candidate } from './model-selection.js';
import type { ModelCall } from './protocol.js';
import type { Turn } from './turn.js';
import { restingFailure } from './upstream/cooldowns.js';
import { retryAfterMs } from '../../shared/http/retry-after.js';
import { categoryOf, troubleOf, UpstreamFailure } from './upstream/failure.js';
import type { Upstream } from './upstream/upstream.js';

export interface Try {
  readonly candidate: Candidate;
  readonly credential: Credential;
}

/** One that was not asked: it rests, or its origin is left alone. */
interface PassedOver extends Try {
  readonly until: number;
}

interface Failed extends Try {
  readonly failure: UpstreamFailure;
}

export class Tries {
  readonly #candidates: readonly Candidate[];
  readonly #turn: Pick<Turn, 'messages'>;
  readonly #upstream: Upstream;
  readonly #calls: ModelCall[];
  /** Place of the next one. */
  #model = 0;
  #credential = 0;
  #asked = false;
  #failures: Failed[] | undefined;
  #passedOver: PassedOver[] | undefined;

  constructor(
    candidates: readonly Candidate[],
    turn: Pick<Turn, 'messages'>,
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
      const { credentials } = candidate.provider;
      for (; this.#credential < credentials.length; this.#credential += 1) {
        const one = { candidate, credential: credentials[this.#credential] as Credential };
        if (!this.#mayAsk(one)) continue;
        this.#asked = true;
        return one;
      }
    }
    return this.#firstBack();
  }

  /** @returns whether something else may be tried */
  failed(to: Try, failure: UpstreamFailure): boolean {
    this.#note(to, failure);
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

  #mayAsk(one: Try): boolean {
    const { candidate, credential } = one;
    const { provider, model } = candidate;
    if (this.#candidates.length === 1 && provider.credentials.length === 1) return true;
    const rest = this.#upstream.cooldowns.restOf(credential, model);
    if (rest) {
      this.#passOver(one, rest.until, restingFailure(rest, monotonicMs()));
      return false;
    }
    const breaker = this.#upstream.breakerOf(provider);
    if (breaker.admits()) return true;
    this.#passOver(one, breaker.until, breaker.refusal());
    return false;
  }

  #passOver(one: Try, until: number, failure: UpstreamFailure): void {
    this.#note(one, failure);
    this.#passedOver ??= [];
    this.#passedOver.push({ ...one, until });
    const { provider, model } = one.candidate;
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

  #firstBack(): Try | undefined {
    if (this.#asked || !this.#passedOver) return undefined;
    this.#asked = true;
    return this.#passedOver.toSorted((a, b) => a.until - b.until)[0];
  }

  /** What it says now is worth more than what it said before. */
  #note({ candidate, credential }: Try, failure: UpstreamFailure): void {
    this.#failures ??= [];
    const noted = { candidate, credential, failure };
    const at = this.#failures.findIndex(
      (one) => one.candidate === candidate && one.credential === credential,
    );
    if (at < 0) this.#failures.push(noted);
    else this.#failures[at] = noted;
  }
}

function showsImages({ messages }: Pick<Turn, 'messages'>): boolean {
  return messages.some((message) => message.role === 'user' && message.images !== undefined);
}

/** The one after which it may be asked again first. */
function soonest(failures: readonly UpstreamFailure[]): UpstreamFailure | undefined {
  const waitMs = ({ retryAfter }: UpstreamFailure): number =>
    retryAfterMs(retryAfter, Date.now()) ?? Number.POSITIVE_INFINITY;
  return failures.toSorted((a, b) => waitMs(a) - waitMs(b))[0];
}
