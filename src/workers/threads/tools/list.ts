/** `list`: what is in a folder of the workspace. */
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { textResult, tool } from './tool.js';
import { resolvePlace } from './workspace/resolve.js';
import { walk } from './workspace/walk.js';

export const list = tool(builtinTools.list, async ({ path = '.', depth = 1, limit }, { workspace }) => {
  const place = await resolvePlace(workspace, path);
  const most = Math.min(limit ?? toolLimits.listEntries, toolLimits.listEntries);
  const entries: string[] = [];
  let more = false;
  for await (const { path, kind } of walk(place, { depth })) {
    more = entries.length === most;
    if (more) break;
    entries.push(`${path}${marks[kind]}`);
  }
  const details = { path: place.shown, entries, more };
  if (entries.length === 0) return textResult(`[${place.shown} is empty]`, details);
  return textResult([...entries, ...(more ? [`[only the first ${most} entries]`] : [])].join('\n'), details);
});

const marks = { file: '', folder: '/', link: '@', other: '' } as const;
