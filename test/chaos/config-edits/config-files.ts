/** The files that a gateway's config is made of, and how edits get into them. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Edit, Fault, Save } from './plan.js';

export interface ConfigFiles {
  /** Makes the edit, and only that: what was broken before is whole again. */
  apply(edit: Edit): void;
}

const INCLUDED = 'agents.json';

/** @param base valid, without `agents.list`, which is in a file that it includes */
export function createConfigFiles(stateDir: string, base: Config): ConfigFiles {
  let config = withValue(base, ['agents', '$include'], `./${INCLUDED}`) as Config;
  let agents: unknown = [{ id: 'main' }];
  let mend = (): void => {};
  let saves = 0;
  /** What is wrong in the same way twice is told twice if it is another text. */
  const textOf = (value: unknown): string => `// ${(saves += 1)}\n${JSON.stringify(value, null, 2)}`;
  const file = (name: string): string => join(stateDir, name);
  const save = (name: string, text: string, how: Save): void => {
    const path = file(name);
    if (how === 'twice') writeFileSync(path, text.slice(0, -2));
    if (how === 'truncate') {
      const opened = openSync(path, 'w');
      const half = Math.ceil(text.length / 2);
      writeSync(opened, text.slice(0, half));
      writeSync(opened, text.slice(half));
      closeSync(opened);
      return;
    }
    writeFileSync(`${path}.saved`, text, { mode: 0o600 });
    renameSync(`${path}.saved`, path);
  };
  const saveConfig = (value: unknown, how: Save): void => save('pllan.json', textOf(value), how);
  const saveAgents = (how: Save): void => save(INCLUDED, JSON.stringify({ list: agents }), how);

  const spoil: Readonly<Record<Fault, (how: Save) => void>> = {
    truncated: (how) => {
      const text = textOf(config);
      save('pllan.json', text.slice(0, Math.floor(text.length / 2)), how);
    },
    'wrong type': (how) => saveConfig(withValue(config, ['tools', 'web', 'maxChars'], 'many'), how),
    'unknown key': (how) => saveConfig(withValue(config, ['tools', 'wbe'], 1), how),
    'missing include': (how) => saveConfig(withValue(config, ['agents', '$include'], './no-such.json5'), how),
    'loop of includes': (how) => {
      writeFileSync(file('loop.json'), '{ "$include": "./loop.json" }');
      saveConfig(withValue(config, ['agents', '$include'], './loop.json'), how);
    },
    'unresolved secret': (how) =>
      saveConfig(
        withValue(config, ['models', 'providers', 'spare', 'apiKey'], { source: 'env', id: 'NO_SUCH_KEY' }),
        how,
      ),
    'unreadable file': (how) => {
      // Whoever is root may read any file: a folder in its place cannot be read by anybody.
      rmSync(file(INCLUDED));
      mkdirSync(file(INCLUDED));
      saveConfig(config, how);
      mend = () => rmSync(file(INCLUDED), { recursive: true });
    },
  };

  saveAgents('rename');
  saveConfig(config, 'rename');
  return {
    apply(edit) {
      mend();
      mend = () => {};
      if (edit.kind === 'invalid') {
        saveAgents('rename');
        spoil[edit.fault](edit.save);
        return;
      }
      if (edit.kind === 'valid') config = withValue(config, edit.path, edit.value) as Config;
      else agents = edit.value;
      saveAgents(edit.save);
      saveConfig(config, edit.save);
    },
  };
}

function withValue(node: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const own = (node ?? {}) as Config;
  return { ...own, [key]: withValue(own[key], rest, value) };
}
