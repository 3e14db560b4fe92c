/** Into which file an edit goes (config.md §3): that of the one `$include` that holds all of it, else the config file. */
import { formatPath } from '../path.js';
import { childOf, type ConfigNode } from '../read/node.js';
import { ConfigWriteError } from './error.js';
import type { Edit } from './edits.js';

export interface PlacedEdits {
  readonly file: string;
  /** With paths within the file. */
  readonly edits: readonly Edit[];
}

/** @throws ConfigWriteError when an edit would have to take an `$include` apart, or touches several files */
export function placeEdits(root: ConfigNode, edits: readonly Edit[]): PlacedEdits {
  const placed = placeInFiles(root, edits);
  if (placed.length > 1) {
    const files = placed.map(({ file }) => file).join(', ');
    throw refused(`the change belongs in several files: ${files}; make one for each`);
  }
  return placed[0] ?? { file: root.file, edits: [] };
}

/** For each file its own. @throws ConfigWriteError when an edit would have to take an `$include` apart */
export function placeInFiles(root: ConfigNode, edits: readonly Edit[]): PlacedEdits[] {
  const files = new Map<string, Edit[]>();
  for (const edit of edits) {
    const { file, base } = placeOf(root, edit);
    files.set(file, [...(files.get(file) ?? []), { ...edit, path: edit.path.slice(base) }]);
  }
  return [...files].map(([file, own]) => ({ file, edits: own }));
}

function placeOf(root: ConfigNode, edit: Edit): { readonly file: string; readonly base: number } {
  const { path } = edit;
  let node: ConfigNode | undefined = root;
  let place = { file: root.file, base: 0 };
  for (let depth = 0; node; depth += 1) {
    // What goes is removed where it is named, an `$include` as a whole as well.
    if (node.include && !('remove' in edit && depth === path.length)) {
      const at = formatPath(path.slice(0, depth)) || 'the root';
      if (node.include.backing === undefined)
        throw refused(`the change would flatten $include at ${at}; edit the files that it names`);
      place = { file: node.include.backing, base: depth };
    }
    const part = path[depth];
    if (part === undefined) break;
    node = childOf(node, part);
  }
  return place;
}

function refused(message: string): ConfigWriteError {
  return new ConfigWriteError('refused', message);
}
