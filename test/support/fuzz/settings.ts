/** How much is tried, and with which seed: few and always the same inputs, or with `npm run test:fuzz` many new ones. */
import { randomInt } from 'node:crypto';

const full = process.env.PLLAN_FUZZ === 'full';

/** `PLLAN_FUZZ_SEED` repeats a run that failed. */
export const seed = Number(process.env.PLLAN_FUZZ_SEED ?? (full ? randomInt(2 ** 31) : 42));

/** @param few what is tried without asking for more */
export const times = (few: number, many = few * 40): number => (full ? many : few);

export const deadlineMs = full ? 1_800_000 : 300_000;
