/** A folder of a workspace that is exchanged for a link to the outside, again and again, while something works with it. */
import { Worker } from 'node:worker_threads';

const swapper = `
  const { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
  const { workerData: { workspace, outside, done } } = require('node:worker_threads');
  const flag = new Int32Array(done);
  const attempt = (action) => {
    try {
      action();
    } catch {}
  };
  const at = (name) => workspace + '/' + name;
  for (; Atomics.load(flag, 0) === 0;) {
    // What was made in its place stands in the way.
    attempt(() => rmSync(at('swapped'), { recursive: true }));
    attempt(() => mkdirSync(at('real')));
    attempt(() => writeFileSync(at('real/secret.txt'), 'inside'));
    attempt(() => symlinkSync(outside, at('trap')));
    for (const name of ['real', 'trap', 'real', 'trap']) {
      attempt(() => renameSync(at(name), at('swapped')));
      attempt(() => renameSync(at('swapped'), at(name)));
    }
  }
`;

/** While `work` goes on, `swapped` is a folder with `secret.txt` in it, a link to `outside`, or nothing, each for a moment. */
export async function whileSwapped(
  workspace: string,
  outside: string,
  work: () => Promise<void>,
): Promise<void> {
  const done = new SharedArrayBuffer(4);
  const racing = new Worker(swapper, { eval: true, workerData: { workspace, outside, done } });
  const ended = new Promise((resolve) => {
    racing.once('exit', resolve);
  });
  try {
    await work();
  } finally {
    Atomics.store(new Int32Array(done), 0, 1);
    await ended;
  }
}
