/** Runs a transform of a web hook (http.md §11.4): a module of the owner's, which nothing outside of its folder can be. */
import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toolError, type ToolOutcome } from '../../../shared/tools/tool-call.js';
import type { Transformed, TransformTask } from './protocol.js';

type Transform = (input: TransformTask['input']) => unknown;

/** @throws whatever the module throws */
export async function transform(task: TransformTask): Promise<ToolOutcome> {
  const folder = await realpath(task.folder);
  const file = await realpath(resolve(folder, task.module));
  if (!file.startsWith(folder + sep))
    return toolError('blocked', `${task.module} is a link to outside of hooks.transformsDir`);
  // A module that was changed is another one.
  const { mtimeMs } = await stat(file);
  const module = (await import(`${pathToFileURL(file).href}?changed=${mtimeMs}`)) as Record<string, unknown>;
  const { export: name } = task;
  const found = name === undefined ? (module.default ?? module.transform) : module[name];
  if (typeof found !== 'function')
    return toolError('failed', `${task.module} exports no function ${name ?? 'by default'}`);
  const given = await (found as Transform)(task.input);
  if (!isTransformed(given))
    return toolError('failed', `${task.module} gave neither an object nor null, but ${typeof given}`);
  return { status: 'ok', content: [], details: given === undefined ? {} : given };
}

function isTransformed(value: unknown): value is Transformed | undefined {
  return value === null || value === undefined || (typeof value === 'object' && !Array.isArray(value));
}
