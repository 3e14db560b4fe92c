/** A disk that is soon full: a tmpfs of its own, gone with the test. Needs root, as a test container has it. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { temporaryDir } from './gateway.js';

export interface SmallDisk {
  readonly dir: string;
  /** Takes all room that is left. The file whose removal gives it back. */
  fill(): string;
}

const BLOCK_BYTES = 4_096;

/** Skips the test where nothing can be mounted. */
export function mountSmallDisk(test: TestContext, kilobytes = 256): SmallDisk {
  const dir = temporaryDir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    test.skip('nothing can be mounted here');
  }
  test.onTestFinished(() => void execFileSync('umount', ['--lazy', dir]));
  return {
    dir,
    fill() {
      const file = join(dir, 'filler');
      try {
        for (;;) writeFileSync(file, Buffer.alloc(BLOCK_BYTES), { flag: 'a' });
      } catch {
        return file; // full: the purpose
      }
    },
  };
}
