/** `apply_patch`: changes to several files of the workspace, all or none. */
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { errorCode } from '../../../shared/to-error.js';
import { unreachable } from '../../../shared/unreachable.js';
import { applyHunks } from './patch/apply-hunks.js';
import { commitFiles, type FileUpdate, type FileVersion } from './patch/commit.js';
import { parsePatch, type FileChange, type Hunk } from './patch/parse.js';
import { textResult, tool, ToolInputError } from './tool.js';
import { decodeText, readingFile, readWhole } from './workspace/files.js';
import { resolvePlace, shownPath, type Place } from './workspace/resolve.js';

export const applyPatch = tool(builtinTools.apply_patch, async ({ input }, { workspace }) => {
  const changes = parsePatch(input);
  if (changes.length > toolLimits.patchFiles)
    throw new ToolInputError(`the patch changes more than ${toolLimits.patchFiles} files`);
  const files = new PatchedFiles(workspace);
  const told: string[] = [];
  for (const change of changes) told.push(await applyChange(change, files));
  await commitFiles(files.updates());
  return textResult(`Done:\n${told.join('\n')}`, { changes: told });
});

/** Gives what it comes to, in a line. */
async function applyChange(change: FileChange, files: PatchedFiles): Promise<string> {
  const { place, version } = await files.get(change.path);
  switch (change.type) {
    case 'add':
      if (version) throw new ToolInputError(`${place.shown} exists already: use *** Update File`);
      files.set(place, {
        bytes: Buffer.from(change.lines.map((line) => `${line}\n`).join('')),
        mode: undefined,
      });
      return `A ${place.shown}`;
    case 'delete':
      if (!version) throw new ToolInputError(`${place.shown} does not exist`);
      files.set(place, undefined);
      return `D ${place.shown}`;
    case 'update': {
      if (!version) throw new ToolInputError(`${place.shown} does not exist`);
      const changed = patched(version, change.hunks, place);
      if (change.moveTo === undefined) {
        files.set(place, changed);
        return `M ${place.shown}`;
      }
      const target = await files.get(change.moveTo);
      if (target.version && target.place.shown !== place.shown)
        throw new ToolInputError(`${target.place.shown} exists already`);
      files.set(place, undefined);
      files.set(target.place, changed);
      return `M ${place.shown} -> ${target.place.shown}`;
    }
    default:
      return unreachable(change);
  }
}

/** What is only moved may be anything; what is changed has to be text. */
function patched({ bytes, mode }: FileVersion, hunks: readonly Hunk[], place: Place): FileVersion {
  if (hunks.length === 0) return { bytes, mode };
  return { bytes: Buffer.from(applyHunks(decodeText(bytes, place), hunks, place.shown)), mode };
}

/** The files that a patch names, as they are and as they become. A file may be named more than once. */
class PatchedFiles {
  readonly #workspace: string;
  readonly #files = new Map<string, FileUpdate>();
  #bytes = 0;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** As the patch has made it so far. */
  async get(path: string): Promise<{ readonly place: Place; readonly version: FileVersion | undefined }> {
    const place = await resolvePlace(this.#workspace, path);
    const known = this.#files.get(place.shown);
    if (known) return { place: known.place, version: known.after };
    if (place.names.length === 0) throw new ToolInputError(`${shownPath(path)} is a folder`);
    // What is removed would be the file behind it.
    if (await isLink(resolve(this.#workspace, path)))
      throw new ToolInputError(`${shownPath(path)} is a link`);
    const before = await readVersion(place);
    this.#count(before);
    this.#files.set(place.shown, { place, before, after: before });
    return { place, version: before };
  }

  set(place: Place, after: FileVersion | undefined): void {
    const known = this.#files.get(place.shown);
    this.#count(after);
    this.#files.set(place.shown, { place, before: known?.before, after });
  }

  /** Those that are not what they were; what is removed comes last. */
  updates(): FileUpdate[] {
    const changed = [...this.#files.values()].filter(({ before, after }) => before !== after);
    return [...changed.filter(({ after }) => after), ...changed.filter(({ after }) => !after)];
  }

  #count(version: FileVersion | undefined): void {
    this.#bytes += version?.bytes.length ?? 0;
    if (this.#bytes > toolLimits.patchBytes)
      throw new ToolInputError(`the files of the patch come to more than ${toolLimits.patchBytes} bytes`);
  }
}

/** Undefined when there is no such file. */
async function readVersion(place: Place): Promise<FileVersion | undefined> {
  if (!place.exists) return undefined;
  return readingFile(place, async (file) => ({ bytes: await readWhole(file, place), mode: file.mode }));
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return false;
    throw caught;
  }
}
