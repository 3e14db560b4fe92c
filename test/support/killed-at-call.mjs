/**
 * Preloaded into a process (`--import`) that is to be killed before its n-th call that changes files, `TEST_KILL_AT`; what a
 * killed write was to write is half there. Without a number it only counts, into the file `TEST_KILL_COUNT`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.TEST_KILL_AT ?? 0);
const changing = [
  'appendFileSync',
  'chmodSync',
  'linkSync',
  'mkdirSync',
  'openSync',
  'renameSync',
  'rmSync',
  'writeFileSync',
];
const { writeSync, writeFileSync } = fs;
let count = 0;
for (const name of changing) {
  const call = fs[name];
  fs[name] = (...args) => {
    count += 1;
    if (count === at) {
      if (name === 'writeFileSync' && typeof args[0] === 'number')
        writeSync(args[0], String(args[1]).slice(0, String(args[1]).length / 2));
      process.kill(process.pid, 'SIGKILL');
    }
    return call(...args);
  };
}
syncBuiltinESMExports();

// oxlint-disable-next-line no-extend-native -- what is written tells the time
Date.prototype.toISOString = () => '2026-01-01T00:00:00.000Z';

process.on('exit', () => {
  if (process.env.TEST_KILL_COUNT) writeFileSync(process.env.TEST_KILL_COUNT, String(count));
});
