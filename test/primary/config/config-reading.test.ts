import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  packed,
  readConfig,
  readingKey,
  type ReadTask,
  type ValidReading,
} from '../../../src/primary/config/config-reading.js';
import { runningConfig } from '../../../src/primary/config/running-config.js';
import { loadConfig } from '../../../src/shared/config/load.js';
import { temporaryDir } from '../../support/gateway.js';

interface Place {
  readonly dir: string;
  write(text: object | string, name?: string): void;
  read(over?: Partial<ReadTask>): ReturnType<typeof readConfig>;
  valid(over?: Partial<ReadTask>): ValidReading;
}

const auth = { mode: undefined, token: undefined, password: undefined };

/** Where a gateway runs with this config. */
function running(config: object, env: Record<string, string> = {}): Place {
  const dir = temporaryDir();
  const path = join(dir, 'pllan.json');
  const write = (text: object | string, name = 'pllan.json'): void =>
    writeFileSync(join(dir, name), typeof text === 'string' ? text : JSON.stringify(text));
  write('{}', 'agents.json');
  write(config);
  const loaded = loadConfig({ path, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  const task: ReadTask = {
    place: { path, logDir: dir, env, imported: {} },
    flags: { config: {}, model: undefined, auth },
    known: readingKey(loaded.source.revision, env),
    running: packed(runningConfig(loaded, auth)),
  };
  const read = (over: Partial<ReadTask> = {}) => readConfig({ ...task, ...over });
  return {
    dir,
    write,
    read,
    valid(over) {
      const reading = read(over);
      if (reading.kind !== 'valid') throw new Error(JSON.stringify(reading));
      return reading;
    },
  };
}

it('sees that nothing changed', () => {
  const at = running({ agents: { $include: './agents.json' } });
  const files = ['pllan.json', 'agents.json'].map((name) => join(at.dir, name));
  expect(at.read()).toEqual({ kind: 'unchanged', files });
});

it('plans what an included file changes', () => {
  const at = running({ agents: { $include: './agents.json' } });
  at.write({ defaults: { timeoutSeconds: 7 } }, 'agents.json');
  const { plan, next } = at.valid();
  expect(plan).toMatchObject({ outcome: 'swap', paths: { none: ['agents.defaults.timeoutSeconds'] } });
  expect(next.config.agents.defaults.timeoutSeconds).toBe(7);
});

it('names the files to watch also where one is missing', () => {
  const at = running({ agents: { $include: './agents.json' } });
  rmSync(join(at.dir, 'agents.json'));
  const { kind, files } = at.read();
  expect(kind).toBe('invalid');
  expect(files).toContain(join(at.dir, 'agents.json'));
});

it('sees that the file is gone', () => {
  const at = running({});
  rmSync(join(at.dir, 'pllan.json'));
  expect(at.read().kind).toBe('missing');
});

it('says what is wrong, and not all of it', () => {
  const at = running({});
  at.write({ gateway: { port: 'x' }, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 });
  const reading = at.read();
  expect(reading.kind === 'invalid' && reading.why).toMatch(/^gateway\.port: .*; and 2 more$/);
});

it('takes a flag before the file; the change in the file is one all the same', () => {
  const at = running({});
  at.write({ gateway: { port: 2345 } });
  const { plan, next } = at.valid({ flags: { config: { port: '18789' }, model: undefined, auth } });
  expect(plan).toMatchObject({ outcome: 'restart', paths: { restart: ['gateway.port'] } });
  expect(next.config.gateway.port).toBe(18_789);
});

it('sees changes of what has no effect, by their rules', () => {
  const at = running({ discovery: { mdns: { mode: 'off' } } });
  at.write({ discovery: { mdns: { mode: 'off' } }, ui: { seamColor: '#fff' }, channels: { irc: {} } });
  expect(at.valid().plan).toMatchObject({
    outcome: 'apply',
    paths: { none: ['ui.seamColor'], hot: ['channels.irc'] },
  });
  at.write({ plugins: { enabled: true } });
  expect(at.valid().plan).toMatchObject({
    outcome: 'restart',
    paths: { restart: expect.arrayContaining(['discovery.mdns.mode', 'plugins.enabled']) as unknown },
  });
});

it('sees what the config adds to the environment', () => {
  const at = running({}, { GIVEN: 'x' });
  at.write({ env: { vars: { ADDED: 'y', GIVEN: 'z' } } });
  const { plan, next } = at.valid();
  expect(plan).toMatchObject({ outcome: 'swap', paths: { none: ['env.ADDED'] } });
  expect(next.env).toMatchObject({ GIVEN: 'x', ADDED: 'y' });
});

it('keeps in mode hot what only a restart changes, and knows it the next time', () => {
  const at = running({ gateway: { reload: { mode: 'hot' }, port: 1234 } });
  const gateway = { reload: { mode: 'hot' }, port: 2345, auth: { token: 'another-token-for-this-test' } };
  at.write({ gateway });
  const first = at.valid();
  expect(first.plan).toMatchObject({ outcome: 'apply', ignored: ['gateway.port'] });
  expect(first.next.config.gateway.port).toBe(1234);
  expect(first.next.config.gateway.auth.token).toBe('another-token-for-this-test');

  at.write({ gateway: { ...gateway, reload: { mode: 'hybrid' } } });
  const second = at.valid({ known: first.key, running: first.packed });
  expect(second.plan).toMatchObject({ outcome: 'restart', paths: { restart: ['gateway.port'] } });
});
