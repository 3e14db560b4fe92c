/** Is the gateway ready for work, and if not, why (http.md §2). Evaluated at most once a second. */
import { healthLimits } from '../../shared/limits.js';
import { toError } from '../../shared/to-error.js';
import type { EventLoopSample } from './event-loop.js';

/** starting ──sidecars settled, worker ready──▶ started ──stop──▶ draining */
export type Phase = 'starting' | 'started' | 'draining';

export interface ReadinessState {
  readonly phase: Phase;
  readonly failing: readonly string[];
  readonly uptimeMs: number;
  readonly eventLoop: EventLoopSample;
}

export interface Readiness {
  evaluate(): ReadinessState;
}

export interface ReadinessSources {
  phase(): Phase;
  workersReady(): number;
  storeWritable(): boolean;
  stateDirWritable(): boolean;
  /** Channels that should be connected. */
  failingChannels(): readonly string[];
  uptimeMs(): number;
  eventLoop(): EventLoopSample;
  /** The evaluation threw. */
  failed(error: Error): void;
}

export function createReadiness(
  sources: ReadinessSources,
  now: () => number = () => performance.now(),
): Readiness {
  let cached: ReadinessState | undefined;
  let cachedAt = 0;
  return {
    evaluate() {
      const phase = sources.phase();
      // A change of phase is known here at once; only what has to be looked up is worth a cache.
      if (
        cached &&
        cached.phase === phase &&
        phase !== 'starting' &&
        now() - cachedAt < healthLimits.readinessCacheMs
      )
        return cached;
      cached = {
        phase,
        failing: failingIn(sources, phase),
        uptimeMs: sources.uptimeMs(),
        eventLoop: sources.eventLoop(),
      };
      cachedAt = now();
      return cached;
    },
  };
}

function failingIn(sources: ReadinessSources, phase: Phase): string[] {
  const failing: string[] = [];
  try {
    if (phase === 'starting') failing.push('startup-sidecars');
    if (phase === 'draining') failing.push('gateway-draining');
    if (sources.workersReady() === 0) failing.push('workers');
    if (!sources.storeWritable()) failing.push('store');
    if (!sources.stateDirWritable()) failing.push('state-dir');
    failing.push(...sources.failingChannels());
  } catch (caught) {
    sources.failed(toError(caught));
    failing.push('internal');
  }
  return failing;
}
