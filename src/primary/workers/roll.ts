/**
 * Brings the workers to the number and the process settings that are wanted, one after the other:
 *
 *   other settings, or missing: successor started ──ready──▶ gets connections, the old one leaves ──▶ the next place
 *                                   └── ended before: again, a few times ──▶ given up, the old one stays
 *   too many: leaves
 *
 * What is to be done is read from the workers as they are, again after each step: so a worker that crashes meanwhile (its
 * next process has the new settings), settings that change meanwhile, and a second roll need no case of their own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { workerLimits } from '../../shared/limits.js';
import { areAlike, type ProcessSettings } from './process-settings.js';
import type { WorkerSlot } from './worker-slot.js';

/** The workers, as a roll sees them. */
export interface Crew {
  readonly count: number;
  readonly settings: ProcessSettings;
  /** Those that have not been told to leave. */
  staying(): readonly WorkerSlot[];
  /** A new one in this place, once it is ready; undefined when its process has ended before. */
  add(place: number): Promise<WorkerSlot | undefined>;
  /** Resolves when its process is gone. */
  leave(slot: WorkerSlot): Promise<void>;
}

export interface Roll {
  /** Resolves when there is nothing left to do but for those that leave to end. @throws Error when one cannot start */
  run(): Promise<void>;
  /** Begins nothing more. */
  stop(): void;
}

export function createRoll(crew: Crew): Roll {
  const stopping = new AbortController();
  const { signal } = stopping;
  const leaving = new Set<Promise<void>>();
  let rolling: Promise<void> | undefined;

  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
  const leave = (slot: WorkerSlot): void => {
    const gone: Promise<void> = crew.leave(slot).finally(() => leaving.delete(gone));
    leaving.add(gone);
  };
  /** Those that leave take memory: usually there is one at a time, and never many more than there are workers. */
  const roomForOne = async (): Promise<void> => {
    if (leaving.size > 0) await Promise.race([...leaving, pause(workerLimits.rollPauseMs)]);
    while (leaving.size > crew.count && !signal.aborted) await Promise.race([...leaving, aborted]);
  };
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  const fill = async (place: number): Promise<void> => {
    await roomForOne();
    for (let tries = 1; !signal.aborted; tries += 1) {
      const before = crew.staying().filter((slot) => slot.place === place);
      const successor = await crew.add(place);
      if (successor) return before.forEach(leave);
      if (signal.aborted) return;
      if (tries === workerLimits.rollTries)
        throw new Error('a worker with the new settings did not become ready; those with the old ones go on');
      await pause(workerLimits.respawnMinMs * 2 ** tries);
    }
  };
  const next = (): (() => Promise<void> | void) | undefined => {
    const { count, settings } = crew;
    const staying = crew.staying();
    for (let place = 1; place <= count; place += 1) {
      const isRight = (slot: WorkerSlot): boolean =>
        // One whose process has not been told its settings gets the present ones.
        slot.place === place && (slot.settings === undefined || areAlike(slot.settings, settings));
      if (!staying.some(isRight)) return () => fill(place);
    }
    const surplus = staying.filter(({ place }) => place > count);
    return surplus.length === 0 ? undefined : () => surplus.forEach(leave);
  };
  const work = async (): Promise<void> => {
    try {
      for (let step = next(); step && !signal.aborted; step = next()) await step();
    } finally {
      rolling = undefined;
    }
  };
  return {
    run: () => (rolling ??= Promise.resolve().then(work)),
    stop: () => stopping.abort(),
  };
}
