/**
 * `search`: lines of the workspace's text files that match a regular expression. How long an expression takes nobody can
 * tell; the call's deadline ends the thread.
 */
import { lstat } from 'node:fs/promises';
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { textResult, tool, ToolInputError } from './tool.js';
import { isBinary, isPassedOver, openFile, readBytes, refusing } from './workspace/files.js';
import { globMatcher } from './workspace/glob.js';
import { openPlace, type Opened } from './workspace/folder.js';
import { resolvePlace, type Place } from './workspace/resolve.js';
import { walk } from './workspace/walk.js';

/** Large, and not written by hand. */
const skip: ReadonlySet<string> = new Set(['.git', 'node_modules']);

interface Match {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export const search = tool(builtinTools.search, async (args, { workspace }) => {
  const { pattern, path = '.', glob, ignoreCase = false, limit = toolLimits.defaultMatches } = args;
  const place = await resolvePlace(workspace, path);
  const matches = createLineTest(pattern, ignoreCase);
  const wanted = glob === undefined ? () => true : globMatcher(glob);
  const found: Match[] = [];
  let files = 0;
  let passedOver = 0;
  let more = false;
  for await (const file of filesOf(place)) {
    if (!wanted(file.path)) continue;
    more = files === toolLimits.searchFiles;
    if (more) break;
    files += 1;
    const text = await textOf(file.opened, place);
    if (text === undefined) passedOver += 1;
    for (const match of linesThat(matches, text ?? '')) {
      more = found.length === limit;
      if (more) break;
      found.push({ path: file.path, ...match });
    }
    if (more) break;
  }
  const details = { matches: found, files, passedOver, more };
  const notes = [
    ...(found.length === 0 ? [`no match in ${files} files`] : []),
    ...(more ? ['there is more: narrow it down'] : []),
    ...(passedOver > 0 ? [`${passedOver} files passed over: binary, too large or not readable`] : []),
  ];
  const shown = found.map(({ path, line, text }) => `${path}:${line}: ${text}`);
  return textResult([...shown, ...notes.map((note) => `[${note}]`)].join('\n'), details);
});

function createLineTest(pattern: string, ignoreCase: boolean): (line: string) => boolean {
  const flags = ignoreCase ? 'i' : '';
  // What is escaped without need is an error only with `u`.
  const form = regularExpression(pattern, `${flags}u`) ?? regularExpression(pattern, flags);
  if (!form) throw new ToolInputError('pattern is not a regular expression');
  return (line) => form.test(line);
}

function regularExpression(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch (caught) {
    if (caught instanceof SyntaxError) return undefined;
    throw caught;
  }
}

/** Paths are from the workspace. */
async function* filesOf(place: Place): AsyncGenerator<{ path: string; opened: Opened }, undefined> {
  const opened = await refusing(place, () => openPlace(place, false));
  try {
    const stats = await refusing(place, () => lstat(opened.folder.at(opened.name)));
    if (!stats.isDirectory()) {
      yield { path: place.shown, opened };
      return;
    }
  } finally {
    await opened.folder.close();
  }
  const base = place.shown === '.' ? '' : `${place.shown}/`;
  for await (const { path, kind, opened } of walk(place, { depth: toolLimits.depth, skip }))
    if (kind === 'file') yield { path: base + path, opened };
}

/** Undefined for a file that is no text, too large or not readable. */
async function textOf(opened: Opened, place: Place): Promise<string | undefined> {
  try {
    const { handle, bytes } = await openFile(opened, place);
    try {
      if (bytes > toolLimits.fileBytes) return undefined;
      const content = await readBytes(handle, bytes);
      return isBinary(content) ? undefined : content.toString();
    } finally {
      await handle.close();
    }
  } catch (caught) {
    if (caught instanceof ToolInputError || isPassedOver(caught)) return undefined;
    throw caught;
  }
}

function* linesThat(
  matches: (line: string) => boolean,
  text: string,
): Generator<Omit<Match, 'path'>, undefined> {
  let line = 0;
  for (const one of text.split('\n')) {
    line += 1;
    if (!matches(one)) continue;
    const shown = one.trimEnd();
    const isLong = shown.length > toolLimits.matchChars;
    yield { line, text: isLong ? `${shown.slice(0, toolLimits.matchChars)}…` : shown };
  }
}
