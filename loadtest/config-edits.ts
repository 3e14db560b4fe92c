/** Edits of the config of a gateway that runs: each counts at once, and every fourth is none that could. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ConfigEdits {
  /** Edits until then, one after the other; resolves with their number. The config is whole again. */
  run(durationMs: number, everyMs: number): Promise<number>;
}

type Config = Readonly<Record<string, unknown>>;

/** Of the edits, so many replace the workers. */
const rolls = 1 / 50;

export function createConfigEdits(stateDir: string): ConfigEdits {
  const path = join(stateDir, 'pllan.json');
  const base = JSON.parse(readFileSync(path, 'utf8')) as Config;
  const save = (text: string): void => {
    writeFileSync(`${path}.saved`, text, { mode: 0o600 });
    renameSync(`${path}.saved`, path);
  };
  const edited = (n: number): Config => ({
    ...base,
    gateway: {
      ...(base.gateway as Config),
      reload: { debounceMs: 20 },
      workers: { maxQueue: 2_000 + Math.floor(n * rolls) },
    },
    tools: { web: { maxChars: 1_000 + n } },
  });
  return {
    async run(durationMs, everyMs) {
      const end = performance.now() + durationMs;
      let n = 0;
      while (performance.now() < end) {
        n += 1;
        const text = JSON.stringify(edited(n), null, 2);
        save(n % 4 === 0 ? text.slice(0, text.length / 2) : text);
        await delay(everyMs);
      }
      save(JSON.stringify(edited(n + 1), null, 2));
      return n;
    },
  };
}
