import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createConfigDesk, type ConfigDesk } from '../../../src/primary/config/config-desk.js';
import { runningConfig, type RunningConfig } from '../../../src/primary/config/running-config.js';
import { printOf } from '../../../src/primary/config/file-print.js';
import { createHotReload, type HotReload } from '../../../src/primary/config/hot-reload.js';
import { loadConfig } from '../../../src/shared/config/load.js';
import type { Logger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

const SCRIPT = pathToFileURL(resolve('dist/primary/config/config-thread.js'));

const auth = { mode: undefined, token: undefined, password: undefined };

interface Place {
  readonly dir: string;
  readonly lines: readonly string[];
  readonly swapped: readonly RunningConfig[];
  readonly desk: ConfigDesk;
  readonly reload: HotReload;
  write(config: object, name?: string): void;
  says(line: string, times?: number): Promise<unknown>;
}

async function running(config: object): Promise<Place> {
  const dir = temporaryDir();
  const path = join(dir, 'pllan.json');
  const write = (next: object, name = 'pllan.json'): void => {
    writeFileSync(join(dir, `${name}.tmp`), JSON.stringify(next));
    renameSync(join(dir, `${name}.tmp`), join(dir, name));
  };
  write(config);
  const loaded = loadConfig({ path, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  const lines: string[] = [];
  const swapped: RunningConfig[] = [];
  const line = (_event: string, message: string): void => {
    lines.push(message);
  };
  const log = { info: line, warn: line, error: line } as unknown as Logger;
  const desk = createConfigDesk(log, SCRIPT);
  const reload = createHotReload<undefined>({
    loaded,
    seen: await printOf(loaded.source.files),
    running: runningConfig(loaded, auth),
    flags: { config: {}, model: undefined, auth },
    place: { path, logDir: dir, env: {}, imported: {}, dotenv: { folder: dir, stateDir: dir } },
    desk,
    effects: {
      preflight: () => Promise.resolve(undefined),
      inTurn: (task) => task(),
      swap: (next) => void swapped.push(next),
      roll: () => Promise.resolve(),
      restart: () => ({ status: 'scheduled', delayMs: 0, reason: '' }),
      activeRuns: () => 0,
      announce: () => undefined,
      applied: () => undefined,
      ended: () => undefined,
    },
    log,
  });
  reload.start();
  onTestFinished(() => {
    reload.stop();
    return desk.stop();
  });
  const count = (text: string): number => lines.filter((said) => said.startsWith(text)).length;
  return {
    dir,
    lines,
    swapped,
    desk,
    reload,
    write,
    says: (text, times = 1) => waitFor(`${times} times: ${text}`, () => count(text) >= times),
  };
}

const gateway = { reload: { debounceMs: 30 } };
const idle = (idleMinutes: number): object => ({ gateway, session: { reset: { idleMinutes } } });
const APPLIED = 'config change applied (dynamic reads: session.reset.idleMinutes)';

it('applies an edit, skips a broken one, and applies the next', async () => {
  const at = await running(idle(10));
  at.write(idle(20));
  await at.says(APPLIED);
  at.write({ gateway, nonsense: 1 });
  await at.says('config reload skipped (invalid config): ');
  at.write(idle(30));
  await at.says(APPLIED, 2);
  expect(at.swapped.map(({ config }) => config.session.reset.idleMinutes)).toEqual([20, 30]);
  expect(at.reload.status).toBe('active');
});

it('watches a file from the edit on that includes it', async () => {
  const at = await running({ gateway, session: { reset: { idleMinutes: 10 } } });
  at.write({ reset: { idleMinutes: 20 } }, 'session.json');
  at.write({ gateway, session: { $include: './session.json' } });
  await at.says(APPLIED);
  at.write({ reset: { idleMinutes: 30 } }, 'session.json');
  await at.says(APPLIED, 2);
});

it('runs on without its file, and takes it when it is back', async () => {
  const at = await running(idle(10));
  rmSync(join(at.dir, 'pllan.json'));
  await at.says('config reload skipped (config file not found)');
  at.write(idle(20));
  await at.says(APPLIED);
});

it('applies what was written at once, and not its echo', async () => {
  const at = await running(idle(10));
  at.write(idle(20));
  expect(await at.reload.reload()).toMatchObject({ kind: 'applied', plan: { outcome: 'swap' } });
  // The echo is in one debounce with a change beside it, which is applied alone.
  at.write({ ...idle(20), logging: { level: 'debug' } });
  await at.says('config change applied (dynamic reads: logging.level)');
  expect(at.lines.filter((line) => line === APPLIED)).toHaveLength(1);
});

it('watches nothing in mode off, until a write says otherwise', async () => {
  const at = await running({ gateway: { reload: { mode: 'off' } } });
  expect(at.reload.status).toBe('disabled');
  at.write(idle(20));
  await at.reload.reload();
  expect(at.reload.status).toBe('active');
  at.write(idle(30));
  await at.says(APPLIED);
  at.write({ gateway: { reload: { mode: 'off' } } });
  await at.reload.reload();
  expect(at.reload.status).toBe('disabled');
});

it('says nothing of a reading that its end cuts off', async () => {
  const at = await running(idle(10));
  at.write(idle(20));
  const cut = at.reload.reload();
  at.reload.stop();
  await at.desk.stop();
  expect(await cut).toMatchObject({ kind: 'failed' });
  expect(at.lines).toEqual([]);
});
