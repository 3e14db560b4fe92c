import { expect, it, vi } from 'vitest';
import { createReadiness, type ReadinessSources } from '../../../src/primary/health/readiness.js';

const eventLoop = {} as ReturnType<ReadinessSources['eventLoop']>;

const sources = (over: Partial<ReadinessSources> = {}): ReadinessSources => ({
  phase: () => 'started',
  workersReady: () => 1,
  storeWritable: () => true,
  stateDirWritable: () => true,
  failingChannels: () => [],
  uptimeMs: () => 7,
  eventLoop: () => eventLoop,
  failed: (error) => {
    throw error;
  },
  ...over,
});

it.each<[string, Partial<ReadinessSources>, string[]]>([
  ['all is well', {}, []],
  ['it starts', { phase: () => 'starting' }, ['startup-sidecars']],
  ['it stops', { phase: () => 'draining' }, ['gateway-draining']],
  ['no worker is ready', { workersReady: () => 0 }, ['workers']],
  ['writes fail', { storeWritable: () => false }, ['store']],
  ['no file can be made', { stateDirWritable: () => false }, ['state-dir']],
  ['channels are not connected', { failingChannels: () => ['irc', 'telegram'] }, ['irc', 'telegram']],
  ['much is wrong', { workersReady: () => 0, storeWritable: () => false }, ['workers', 'store']],
])('names what fails when %s', (_when, over, failing) => {
  expect(createReadiness(sources(over)).evaluate()).toMatchObject({ failing, uptimeMs: 7 });
});

it('is not ready when that cannot be found out, and says so with what was found out', () => {
  const failed = vi.fn();
  const workersReady = (): never => {
    throw new Error('nobody knows');
  };
  const readiness = createReadiness(sources({ phase: () => 'draining', workersReady, failed }));
  expect(readiness.evaluate().failing).toEqual(['gateway-draining', 'internal']);
  expect(failed).toHaveBeenCalledWith(new Error('nobody knows'));
});

it('looks once a second', () => {
  const storeWritable = vi.fn(() => true);
  let time = 0;
  const readiness = createReadiness(sources({ storeWritable }), () => time);
  readiness.evaluate();
  time = 999;
  readiness.evaluate();
  expect(storeWritable).toHaveBeenCalledTimes(1);
  time = 1_000;
  readiness.evaluate();
  expect(storeWritable).toHaveBeenCalledTimes(2);
});
