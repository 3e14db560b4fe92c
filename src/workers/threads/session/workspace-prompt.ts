/**
 * What an agent's own files say to it before each turn: who it is, whom it works for, how. People write them, and the agent where
 * it may; a workspace without them says nothing. What cannot be read counts as missing: a turn does not fail for it.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { workspaceLimits } from '../../../shared/limits.js';

/** In the order in which they are read out. */
const names = ['AGENTS.md', 'SOUL.md', 'TOOLS.md', 'IDENTITY.md', 'USER.md', 'BOOTSTRAP.md'];

export async function readWorkspacePrompt(workspace: string): Promise<string> {
  const texts = await Promise.all(names.map((name) => readBounded(join(workspace, name))));
  return names.flatMap((name, index) => (texts[index] ? [`[${name}]\n${texts[index]}`] : [])).join('\n\n');
}

async function readBounded(path: string): Promise<string> {
  let file;
  try {
    // A pipe without a writer would keep it waiting for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return '';
    const bytes = Buffer.alloc(workspaceLimits.promptFileBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes.subarray(0, bytesRead)).trim();
  } catch {
    return '';
  } finally {
    await file?.close();
  }
}
