/** Repairs of the config file that `pllan config` refuses to make, since what comes out may still not be valid. */
import { loadConfig } from '../../shared/config/load.js';
import { readSource, type ConfigSource } from '../../shared/config/read/source.js';
import type { Edit } from '../../shared/config/write/edits.js';
import { editText } from '../../shared/config/write/edit-text.js';
import { ConfigWriteError } from '../../shared/config/write/error.js';
import { backupsOf, keepAside, replaceFile } from '../../shared/config/write/keep.js';
import { withConfigLock } from '../../shared/config/write/lock.js';
import { placeInFiles } from '../../shared/config/write/place.js';
import type { Environment } from '../../shared/paths.js';

/** Edits the files that the keys are in; what was there is kept as `.bak`. @throws ConfigWriteError */
export function editFiles(source: ConfigSource, edits: readonly Edit[], env: Environment): Promise<void> {
  return withConfigLock(source.path, () => {
    requireUnchanged(source, env);
    for (const { file, edits: own } of placeInFiles(source.root, edits)) {
      const text = file === source.path ? source.text : source.included.get(file);
      if (text !== undefined) replaceFile(file, editText(text, own), text);
    }
  });
}

/** The last config that a gateway ran with; undefined when there is none that is valid. */
export function lastGoodText(path: string, env: Environment): string | undefined {
  return validText(`${path}.last-good`, env);
}

/** The newest backup that is valid. */
export function validBackup(path: string, env: Environment): string | undefined {
  return backupsOf(path).find((backup) => validText(backup, env) !== undefined);
}

function validText(path: string, env: Environment): string | undefined {
  const loaded = loadConfig({ path, env, askLoginShell: () => ({}) });
  return loaded.ok ? loaded.source.text : undefined;
}

/** Puts it back; the broken one is kept beside it. @throws ConfigWriteError */
export function restoreLastGood(source: ConfigSource, lastGood: string, env: Environment): Promise<string> {
  const { path, text } = source;
  return withConfigLock(path, () => {
    requireUnchanged(source, env);
    const kept = text === undefined ? undefined : keepAside(path, 'clobbered', text);
    replaceFile(path, lastGood, text);
    return `Put back what the gateway last ran with${kept === undefined ? '' : `; the broken file is ${kept}`}`;
  });
}

/** Whoever is asked may think about it for long, and others write meanwhile. */
function requireUnchanged({ path, revision }: ConfigSource, env: Environment): void {
  if (readSource({ path, env }).revision === revision) return;
  throw new ConfigWriteError('conflict', 'The config has been changed meanwhile, and was left as it is.');
}
