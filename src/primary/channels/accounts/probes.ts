/** Asks networks whether they answer (methods.md §2, §8): a few at a time, and none for longer than it may take. */
import type { Supervisor } from './supervisor.js';
import { probeLimits } from '../limits.js';

export interface Probes {
  /** Those that are to work, each for at most so long. */
  all(accounts: readonly Supervisor[], ms: number): Promise<void>;
  /**
   * For `health`: whoever asks meanwhile shares it, and whoever asks too soon is told of the last.
   * Resolves to whether there was anything to ask.
   */
  forHealth(): Promise<boolean>;
}

export function createProbes(
  accounts: () => readonly Supervisor[],
  probed: (one: Supervisor, ok: boolean, ms: number) => void,
): Probes {
  let sharing: Promise<boolean> | undefined;
  let endedAt = Number.NEGATIVE_INFINITY;

  const one = async (supervisor: Supervisor, ms: number): Promise<void> => {
    const startedAt = performance.now();
    const { ok } = await supervisor.probe(ms);
    probed(supervisor, ok, performance.now() - startedAt);
  };
  const all = async (supervisors: readonly Supervisor[], ms: number, atOnce: number): Promise<void> => {
    const waiting = supervisors.filter(({ startable }) => startable);
    const next = async (): Promise<void> => {
      for (let turn = waiting.shift(); turn; turn = waiting.shift()) await one(turn, ms);
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, next));
  };
  const forHealth = async (): Promise<boolean> => {
    const asked = accounts().filter(({ startable }) => startable);
    if (asked.length === 0) return false;
    const rounds = Math.ceil(asked.length / probeLimits.atOnce);
    await all(asked, Math.floor(probeLimits.healthMs / rounds), probeLimits.atOnce);
    endedAt = performance.now();
    return true;
  };
  return {
    all: (supervisors, ms) => all(supervisors, ms, supervisors.length),
    forHealth() {
      if (performance.now() - endedAt < probeLimits.healthIntervalMs) return Promise.resolve(false);
      sharing ??= forHealth().finally(() => (sharing = undefined));
      return sharing;
    },
  };
}
