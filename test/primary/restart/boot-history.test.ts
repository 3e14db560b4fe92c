import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { beginBoot, type Boot } from '../../../src/primary/restart/boot-history.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';

function history() {
  const file = join(temporaryDir(), 'boot-history.json');
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    subsystem: 'gateway',
    sink: { write: (line) => lines.push((JSON.parse(line) as { message: string }).message) },
  });
  let clock = 1_000_000;
  return {
    file,
    lines,
    boot: (): Boot => beginBoot(file, log, () => clock),
    wait: (ms: number) => void (clock += ms),
  };
}

it('after three starts without a proper end within five minutes, the fourth is in safe mode', () => {
  const { boot, wait, lines } = history();
  for (let n = 0; n < 3; n += 1) {
    expect(boot()).toMatchObject({ unclean: n, safeMode: {} });
    wait(60_000);
  }
  expect(lines).toEqual([]);
  expect(boot()).toMatchObject({ unclean: 3, safeMode: { safeMode: '3 unclean boots' } });
  expect(lines).toEqual([
    'gateway restart-loop breaker tripped: 3 unclean boot(s) within 300s; channels are not started',
  ]);
});

it('a proper end does not count, and neither does what is long ago', () => {
  const { boot, wait } = history();
  boot();
  boot().ended();
  boot();
  expect(boot()).toMatchObject({ unclean: 2 });
  wait(300_001);
  expect(boot()).toMatchObject({ unclean: 0, safeMode: {} });
});

it('remembers no more than it needs', () => {
  const { boot, file } = history();
  for (let n = 0; n < 40; n += 1) boot();
  const { boots } = JSON.parse(readFileSync(file, 'utf8')) as { boots: unknown[] };
  expect(boots).toHaveLength(16);
});

it.each(['', '[]', '{"boots":{}}', '{"boots":[1,null,{"at":"x"}]}', 'x'.repeat(100_000)])(
  'starts with a file that holds %j',
  (text) => {
    const { boot, file } = history();
    writeFileSync(file, text);
    expect(boot()).toMatchObject({ unclean: 0, safeMode: {} });
  },
);

it('starts where the file can be neither read nor written', () => {
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    subsystem: 'gateway',
    sink: { write: (line) => lines.push(line) },
  });
  expect(beginBoot('/proc/none/boot-history.json', log)).toMatchObject({ safeMode: {} });
  expect(lines).toHaveLength(1);
});
