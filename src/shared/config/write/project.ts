/** What a config would be after edits in any of its files, before anything is written. */
import { loadSource, type LoadedConfig } from '../load.js';
import { valueOf } from '../read/node.js';
import { parseSource, readSource, type SourceOptions } from '../read/source.js';
import { editText } from './edit-text.js';
import { editsBetween, withEdit, type Edit } from './edits.js';
import { ConfigWriteError } from './error.js';
import { placeInFiles } from './place.js';
import { stamp } from './stamp.js';

export interface ProjectedFile {
  readonly path: string;
  /** Undefined where there is none. */
  readonly before: string | undefined;
  readonly after: string;
}

export interface Projection {
  readonly before: LoadedConfig;
  readonly after: LoadedConfig;
  /** Those that change. */
  readonly files: readonly ProjectedFile[];
}

/** @throws ConfigWriteError when there is no valid config before or after */
export function projectConfig(options: SourceOptions, edits: readonly Edit[]): Projection {
  const { path } = options;
  const load = (from: ReturnType<typeof readSource>) =>
    loadSource(from, { ...options, askLoginShell: () => ({}) });
  const source = readSource(options);
  const before = load(source);
  if (!before.ok) throw new ConfigWriteError('refused', `${path} is not a valid config`, before.issues);
  const value = valueOf(source.root);
  const next = edits.reduce(withEdit, value);
  const changed = placeInFiles(source.root, editsBetween(value, next)).map(({ file, edits: own }) => {
    const former = file === path ? source.text : source.included.get(file);
    const text = editText(former ?? '{}\n', own);
    return { path: file, before: former, after: file === path ? stamp(text, next) : text };
  });
  const instead = new Map(changed.map((file) => [file.path, file.after]));
  const after = load(parseSource(instead.get(path) ?? source.text, { ...options, instead }));
  if (!after.ok) throw new ConfigWriteError('invalid', 'the config would not be valid', after.issues);
  return { before, after, files: changed };
}
