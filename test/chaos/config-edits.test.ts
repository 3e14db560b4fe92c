/**
 * The config is edited again and again while a gateway is busy, a quarter of the edits wrong: each is reported with what it
 * was about, no connection and no request is lost, every run ends once, also while workers are replaced.
 * Small by default; `npm run test:chaos` runs it in full. `PLLAN_CHAOS_SEED` repeats edits that failed. How long `health`
 * took is said and not judged: `npm run loadtest -- --only config-edits` measures it.
 */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { connectControl } from '../support/control-client.js';
import { startFor, TOKEN } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';
import { createConfigFiles } from './config-edits/config-files.js';
import { startLoad } from './config-edits/load.js';
import { tailLog, type LogTail } from './config-edits/log-tail.js';
import { planEdits, type Edit } from './config-edits/plan.js';
import { inFull } from '../support/in-full.js';

const scale = inFull
  ? { edits: 300, rolling: 12, http: 64, sockets: 200, streams: 50 }
  : { edits: 12, rolling: 1, http: 8, sockets: 20, streams: 6 };
const seed = Number(process.env.PLLAN_CHAOS_SEED ?? randomInt(2 ** 31));

const base = {
  gateway: {
    mode: 'local',
    auth: { mode: 'token', token: TOKEN },
    reload: { debounceMs: 50 },
    workers: { count: 2 },
  },
  agents: { defaults: { model: 'echo/echo', maxConcurrent: 64 } },
  models: { providers: { spare: { baseUrl: 'http://127.0.0.1:9/v0', models: [{ id: 'm' }] } } },
};

it(
  `seed ${seed}: edits under load are reported one by one, and nothing is lost`,
  { timeout: inFull ? 1_800_000 : 180_000 },
  async (test) => {
    const edits = planEdits(seed, scale);
    const gateway = await startFor(test, { config: base });
    const client = await connectControl(gateway.wsUrl);
    const files = createConfigFiles(gateway.stateDir, base);
    const log = tailLog(gateway.stateDir);
    await client.frame('the first config', ({ event }) => event === 'config.changed');
    const before = gateway.workers();
    const load = await startLoad(gateway, scale);
    for (const edit of edits) {
      log.next();
      files.apply(edit);
      await reported(edit, log);
    }
    await waitFor(
      'workers that are new',
      () => gateway.workers().every((pid) => !before.includes(pid)),
      120_000,
    );
    const result = await load.stop();
    log.close();
    const { p50, p99, max, count } = result.health;
    process.stdout.write(
      `seed ${seed}: ${edits.length} edits, ${result.requests} requests, ${result.streams} streams, ${result.runs} runs; ` +
        `health p50 ${p50} ms, p99 ${p99} ms, max ${max} ms of ${count}\n`,
    );
    expect(result.failures).toEqual([]);
    expect(Math.min(result.requests, result.streams, result.runs)).toBeGreaterThan(0);
    const { payload } = await client.call('config.get');
    expect(payload?.appliedConfigHash).toBe(payload?.configRevisionHash);
    expect(gateway.logLines().filter(({ event }) => event === 'config.action')).toEqual([]);
    client.socket.terminate();
  },
);

async function reported({ kind, save, names }: Edit, log: LogTail): Promise<void> {
  const form =
    kind === 'invalid'
      ? /^config reload (?:skipped \(invalid config\)|rejected): /
      : /^config (?:hot reload applied|change applied) \(/;
  const lines: string[] = [];
  const isReported = (): boolean => {
    lines.push(...log.next().filter((line) => line.startsWith('config ')));
    return lines.some((line) => form.test(line) && line.includes(names));
  };
  try {
    await waitFor('a report', isReported, 60_000);
  } catch (caught) {
    const what = `no report about ${names} (${kind}, ${save})`;
    throw new Error(`${what} but: ${lines.join('\n')}`, { cause: caught });
  }
}
