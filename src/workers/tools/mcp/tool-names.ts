/**
 * What agents call the tools of a server: `<server>__<tool>`. No built-in tool has `__` in its name and no server's
 * name has, so nothing of one source can be taken for something of another. APIs of models take letters, digits, `_`
 * and `-`, up to 64; whatever else a tool is called, its name ends with a digest of that.
 */
import { createHash } from 'node:crypto';
import { mcpLimits } from '../../../shared/tools/limits.js';

const DIVIDER = '__';

/** By the server's own name for each; without those for which there is none left. */
export function toolNames(server: string, own: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const give = (tool: string, name: string): void => {
    if (taken.has(name) || names.has(tool)) return;
    taken.add(name);
    names.set(tool, name);
  };
  const wanted = [...new Set(own)].map((tool) => [tool, `${server}${DIVIDER}${tool}`] as const);
  const fits = ([, name]: readonly [string, string]): boolean =>
    /^[A-Za-z0-9_-]+$/.test(name) && name.length <= mcpLimits.nameChars;
  // First those that keep their names: which these are must not depend on their order.
  for (const [tool, name] of wanted.filter(fits)) give(tool, name);
  for (const [tool, name] of wanted.filter((one) => !fits(one))) give(tool, digested(name, tool));
  return names;
}

/** Whether a name would be one of this server's tools. */
export function isNameOf(server: string, name: string): boolean {
  return name.startsWith(`${server}${DIVIDER}`);
}

function digested(name: string, tool: string): string {
  const digest = createHash('sha256').update(tool).digest('hex').slice(0, 8);
  const clean = name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  return `${clean.slice(0, mcpLimits.nameChars - digest.length - 1)}_${digest}`;
}
