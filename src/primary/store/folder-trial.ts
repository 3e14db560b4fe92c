/**
 * Whether a store's folder takes what is written, found out without the library: on a file system that has become read-only
 * it can fail to map more of its file, and then ends the process.
 */
import { constants } from 'node:fs';
import { access, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storeLimits } from '../../shared/limits.js';
import { describeRefusedWrite, isRefusedWrite } from '../../shared/refused-write.js';

/** Both are needed: one for what is stored, the other for whoever reads it meanwhile. */
const FILES = ['data.mdb', 'lock.mdb'];
const TRIAL = 'trial.tmp';

/** @throws Error with the reason when the system says that its files may not be written; nothing is tried */
export async function lookAtFiles(path: string): Promise<void> {
  await saying(async () => {
    for (const name of FILES)
      await access(join(path, name), constants.W_OK).catch((caught: unknown) => {
        if (isRefusedWrite(caught)) throw caught;
      });
  });
}

/** Writes a file of the usual size, and removes it. @throws Error with the reason when that fails */
export async function tryFolder(path: string): Promise<void> {
  await lookAtFiles(path);
  await saying(async () => {
    const name = join(path, TRIAL);
    try {
      const file = await open(name, 'w', 0o600);
      try {
        await file.writeFile(Buffer.alloc(storeLimits.trialBytes));
        await file.sync();
      } finally {
        await file.close();
      }
    } finally {
      await rm(name, { force: true });
    }
  });
}

async function saying(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (caught) {
    throw new Error(describeRefusedWrite(caught), { cause: caught });
  }
}
