/** The one reason for a turn to end early (client gone, time up), and the one who must hear of it. */
import type { Deadlines, Waiter, WatchId } from '../../shared/deadlines.js';
import type { TaskLink } from './link.js';
import { UpstreamFailure } from './upstream/failure.js';

export class TurnStop implements Waiter {
  readonly dueAt: number;
  failure: UpstreamFailure | undefined;
  readonly #timeoutMs: number;
  readonly #deadlines: Deadlines;
  readonly #watch: WatchId;
  #listener: ((failure: UpstreamFailure) => void) | undefined;

  constructor(timeoutMs: number, link: TaskLink, deadlines: Deadlines) {
    this.#timeoutMs = timeoutMs;
    this.#deadlines = deadlines;
    this.dueAt = performance.now() + timeoutMs;
    this.#watch = deadlines.watch(this);
    link.onAbort(() => this.#stop(new UpstreamFailure('aborted', 'the client went away')));
  }

  /** One listener; called at once when the turn is to stop already. */
  onStop(listener: (failure: UpstreamFailure) => void): void {
    this.#listener = listener;
    if (this.failure) listener(this.failure);
  }

  expired(): void {
    this.#stop(new UpstreamFailure('turn-timeout', `the turn took longer than ${this.#timeoutMs} ms`));
  }

  dispose(): void {
    this.#deadlines.forget(this.#watch);
  }

  #stop(failure: UpstreamFailure): void {
    this.failure ??= failure;
    this.#listener?.(this.failure);
  }
}
