import { expect, it } from 'vitest';
import type { ConfigReading, ValidReading } from '../../../src/primary/config/config-reading.js';
import type { RunningConfig } from '../../../src/primary/config/running-config.js';
import { createReloader, type ReloadEffects } from '../../../src/primary/config/reload.js';
import { changedPaths, reloadPlan } from '../../../src/shared/config/reload/plan.js';
import { reloadSettingsOf, type ReloadMode } from '../../../src/shared/config/reload/settings.js';
import { deferred } from '../../../src/shared/deferred.js';
import type { Logger } from '../../../src/shared/log/logger.js';

/** A reading of a file that changes what `edit` has. */
function reading(revision: string, edit: object, mode: ReloadMode = 'hybrid'): ValidReading & ConfigReading {
  return {
    kind: 'valid',
    files: ['pllan.json', `${revision}.json`],
    key: revision,
    revision,
    hash: `hash-${revision}`,
    settings: reloadSettingsOf({ mode }),
    plan: reloadPlan(changedPaths({}, edit), mode),
    next: { env: { REVISION: revision } } as unknown as RunningConfig,
    packed: Buffer.from(revision),
    warnings: [],
  };
}

function reloaderWith(over: Partial<ReloadEffects<string>> = {}) {
  const did: string[] = [];
  const lines: string[] = [];
  const ended: string[] = [];
  const files: (ConfigReading | Error)[] = [];
  const write = (_event: string, message: string): void => {
    lines.push(message);
  };
  const log = { info: write, warn: write, error: write } as unknown as Logger;
  const nameOf = ({ env }: RunningConfig): string => env.REVISION ?? '';
  const effects: ReloadEffects<string> = {
    read(known, running) {
      const found = files.shift();
      did.push(`read ${known} ${Buffer.from(running).toString()}`);
      if (found instanceof Error) return Promise.reject(found);
      const same = found === undefined || (found.kind === 'valid' && found.revision === known);
      return Promise.resolve(same ? { kind: 'unchanged', files: [] } : found);
    },
    follow: () => undefined,
    preflight: (next) => Promise.resolve(`secrets of ${nameOf(next)}`),
    inTurn: (task) => task(),
    swap: (next, secrets) => void did.push(`swap ${nameOf(next)} with ${secrets}`),
    roll: async () => void did.push('roll'),
    restart(_settings, paths, delayMs) {
      did.push(`restart for ${paths}`);
      return { status: 'scheduled', delayMs, reason: paths };
    },
    activeRuns: () => 0,
    announce: (hash) => did.push(`announce ${hash}`),
    applied: () => undefined,
    ended: (outcome) => ended.push(outcome),
    ...over,
  };
  const reloader = createReloader<string>({
    start: {
      key: 'start',
      revision: 'start',
      packed: Buffer.from('start'),
      settings: reloadSettingsOf({}),
      warnings: [],
    },
    effects,
    log,
  });
  return { reloader, did, lines, files, ended };
}

const session = { session: { mainKey: 'x' } };
const hooks = { hooks: { path: '/x' } };
const port = { gateway: { port: 1 } };

it('swaps where that is enough', async () => {
  const { reloader, did, lines, files } = reloaderWith();
  files.push(reading('a', session));
  expect(await reloader.reload()).toMatchObject({ kind: 'applied' });
  expect(did).toEqual(['read start start', 'swap a with secrets of a', 'announce hash-a']);
  expect(lines).toEqual([
    'config change detected; evaluating reload (session.mainKey)',
    'config change applied (dynamic reads: session.mainKey)',
  ]);
  expect(reloader.appliedRevision).toBe('a');
});

it('swaps first, then replaces the workers', async () => {
  const { reloader, did, lines, files } = reloaderWith();
  files.push(reading('a', { ...session, ...hooks, cron: { x: 1 }, gateway: { workers: { count: 2 } } }));
  await reloader.reload();
  expect(did.slice(1)).toEqual(['swap a with secrets of a', 'announce hash-a', 'roll']);
  expect(lines[1]).toBe('config hot reload applied (hooks.path, cron.x, gateway.workers.count)');
});

it('goes on where workers cannot be replaced', async () => {
  const fails = () => Promise.reject(new Error('no'));
  const { reloader, lines, files } = reloaderWith({ roll: fails });
  files.push(reading('a', { ...hooks, gateway: { workers: { count: 2 } } }));
  expect(await reloader.reload()).toMatchObject({ kind: 'applied' });
  expect(lines.slice(1)).toEqual([
    'config hot reload applied (hooks.path, gateway.workers.count)',
    'config reload: workers stays as it was: no',
  ]);
});

it.each([
  ['hybrid', 0, 'config change requires gateway restart (gateway.port)'],
  ['hybrid', 2, 'config change requires gateway restart (gateway.port) — deferring until 2 run(s) complete'],
  ['restart', 0, 'config change requires gateway restart (gateway.port, hooks.path)'],
] as const)('asks for a restart and swaps nothing: mode %s, %i runs', async (mode, runs, line) => {
  const { reloader, did, lines, files } = reloaderWith({ activeRuns: () => runs });
  files.push(reading('a', { ...hooks, ...port }, mode));
  expect(await reloader.reload()).toMatchObject({ kind: 'restart' });
  const causes = mode === 'restart' ? 'gateway.port, hooks.path' : 'gateway.port';
  expect(did.slice(1)).toEqual([`restart for ${causes}`, 'announce hash-a']);
  expect(lines[1]).toBe(line);
  expect(reloader.appliedRevision).toBe('start');
});

it('applies the rest in mode hot, and says what has to wait', async () => {
  const { reloader, did, lines, files } = reloaderWith();
  files.push(reading('a', { ...hooks, ...port }, 'hot'));
  await reloader.reload();
  expect(did).toContain('swap a with secrets of a');
  expect(lines.slice(1)).toEqual([
    'config hot reload applied (hooks.path)',
    'config change requires gateway restart (gateway.port); ignoring in hot mode',
  ]);
});

it('applies nothing in mode off, and everything when the mode is another one again', async () => {
  const { reloader, did, files } = reloaderWith();
  files.push(reading('a', hooks, 'off'), reading('b', hooks));
  expect(await reloader.reload()).toMatchObject({ kind: 'off', plan: { ignored: ['hooks.path'] } });
  expect(reloader.settings.mode).toBe('off');
  expect(did).toEqual(['read start start', 'announce hash-a']);
  await reloader.reload();
  expect(did.slice(2)).toEqual(['read a start', 'swap b with secrets of b', 'announce hash-b']);
});

it('keeps all as it is when the preflight fails, also before a restart', async () => {
  const preflight = () => Promise.reject(new Error('no such secret'));
  const { reloader, did, lines, files } = reloaderWith({ preflight });
  files.push(reading('a', hooks), reading('b', port));
  expect(await reloader.reload()).toEqual({ kind: 'rejected', why: 'no such secret' });
  expect(await reloader.reload()).toMatchObject({ kind: 'rejected' });
  expect(did).toEqual(['read start start', 'read a start']);
  expect(lines[1]).toBe('config reload rejected: no such secret');
});

it('skips what is invalid once, and what is missing without a word', async () => {
  const { reloader, did, lines, files } = reloaderWith();
  files.push({ kind: 'missing', files: [] }, { kind: 'invalid', files: [], key: 'bad', why: 'a: wrong' });
  expect(await reloader.reload()).toEqual({ kind: 'missing' });
  expect(await reloader.reload()).toEqual({ kind: 'invalid', why: 'a: wrong' });
  expect(await reloader.reload()).toEqual({ kind: 'invalid', why: 'a: wrong' });
  expect(did.at(-1)).toBe('read bad start');
  reloader.gone();
  expect(lines).toEqual([
    'config reload skipped (invalid config): a: wrong',
    'config reload skipped (config file not found)',
  ]);
});

it('says that it is valid again, where that is all that has changed', async () => {
  const { reloader, lines, files } = reloaderWith();
  files.push({ kind: 'invalid', files: [], key: 'bad', why: 'a: wrong' }, reading('a', {}), reading('b', {}));
  for (let n = 0; n < 3; n += 1) await reloader.reload();
  expect(lines).toEqual([
    'config reload skipped (invalid config): a: wrong',
    'config is valid again, and as it was before',
  ]);
});

it('reads again after a failure to read', async () => {
  const { reloader, did, files } = reloaderWith();
  files.push(new Error('thread lost'), reading('a', session));
  expect(await reloader.reload()).toEqual({ kind: 'failed', why: 'thread lost' });
  expect(await reloader.reload()).toMatchObject({ kind: 'applied' });
  expect(did.slice(0, 2)).toEqual(['read start start', 'read start start']);
});

it('answers an echo with what became of the change', async () => {
  const { reloader, did, files } = reloaderWith();
  files.push(reading('a', port), reading('a', port));
  await reloader.reload();
  expect(await reloader.reload()).toMatchObject({ kind: 'restart' });
  expect(did.filter((step) => step.startsWith('restart'))).toHaveLength(1);
});

it('does one at a time, and those asked for meanwhile together', async () => {
  const gate = deferred<void>();
  const order: string[] = [];
  const { reloader, did, files } = reloaderWith({
    async preflight(next) {
      order.push(next.env.REVISION ?? '');
      await gate.promise;
      return '';
    },
  });
  files.push(reading('a', session), reading('b', session));
  const first = reloader.reload();
  // It has begun: what comes now is not in what it reads.
  await Promise.resolve();
  const others = [reloader.reload(), reloader.reload(), reloader.reload()];
  gate.resolve();
  await Promise.all([first, ...others]);
  expect(order).toEqual(['a', 'b']);
  expect(did.filter((step) => step.startsWith('read'))).toEqual(['read start start', 'read a a']);
});

it('watches the files that the last reading names', async () => {
  const followed: (readonly string[])[] = [];
  const { reloader, files } = reloaderWith({ follow: (names) => followed.push(names) });
  files.push(reading('a', session));
  await reloader.reload();
  expect(followed).toEqual([['pllan.json', 'a.json']]);
});

it('warns of what was not warned of before', async () => {
  const { reloader, lines, files } = reloaderWith();
  files.push({ ...reading('a', {}), warnings: ['x'] }, { ...reading('b', {}), warnings: ['x', 'y'] });
  await reloader.reload();
  await reloader.reload();
  expect(lines).toEqual(['x', 'y']);
});

it('names so many paths and no more', async () => {
  const { reloader, lines, files } = reloaderWith();
  const edit = { session: Object.fromEntries(Array.from({ length: 60 }, (_, place) => [`k${place}`, 1])) };
  files.push(reading('a', edit));
  await reloader.reload();
  expect(lines[0]).toMatch(/session\.k49, and 10 more\)$/);
});
