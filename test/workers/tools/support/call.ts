/** Calls of built-in tools in a workspace of the test's own. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Network } from '../../../../src/shared/net/guarded-fetch.js';
import { toolLimits } from '../../../../src/shared/tools/limits.js';
import type { ToolSettings } from '../../../../src/shared/tools/settings.js';
import { createToolBox } from '../../../../src/workers/threads/tools/index.js';
import {
  callTool,
  ToolInputError,
  type ToolContext,
  type ToolResult,
} from '../../../../src/workers/threads/tools/tool.js';
import { temporaryDir } from '../../../support/gateway.js';

export const toolSettings: ToolSettings = {
  web: {
    maxBytes: toolLimits.webDefaultBytes,
    maxChars: toolLimits.webDefaultChars,
    timeoutMs: toolLimits.webTimeoutMs,
  },
  sessions: {
    visibility: 'agent',
    scheme: { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' },
  },
  agents: [
    { id: 'main', model: 'p/m' },
    { id: 'work', name: 'Work' },
  ],
};

export function toolContext(over: Partial<ToolContext> = {}): ToolContext {
  return {
    agentId: 'main',
    sessionKey: 'agent:main:main',
    via: 'turn',
    workspace: '/nowhere',
    storeDir: '/nowhere',
    settings: toolSettings,
    ...over,
  };
}

export interface Caller {
  call(name: string, args: unknown): Promise<ToolResult>;
  /** Its text, all of it. */
  text(name: string, args: unknown): Promise<string>;
  /** Why it rejected its input. */
  refusal(name: string, args: unknown): Promise<string>;
}

export function caller(over: Partial<ToolContext>, network?: Network): Caller {
  const box = createToolBox();
  const call = async (name: string, args: unknown): Promise<ToolResult> => {
    const tool = await box.load(name);
    if (!tool) throw new Error(`no tool ${name}`);
    return callTool(tool, args, toolContext({ ...over, network }));
  };
  return {
    call,
    text: async (name, args) => textOf(await call(name, args)),
    async refusal(name, args) {
      try {
        const result = await call(name, args);
        throw new Error(`${name} was not refused: ${textOf(result)}`);
      } catch (caught) {
        if (caught instanceof ToolInputError) return caught.message;
        throw caught;
      }
    },
  };
}

export function textOf({ content }: ToolResult): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

export interface TestWorkspace extends Caller {
  readonly dir: string;
  /** A folder beside the workspace, with `secret.txt` in it. */
  readonly outside: string;
  path(name: string): string;
  put(name: string, content: string | Buffer): void;
  file(name: string): string;
  /** Names of all files, with the folders that they are in. */
  files(): string[];
}

export const SECRET = 'of nobody’s business';

export function testWorkspace(): TestWorkspace {
  const around = temporaryDir();
  const dir = join(around, 'workspace');
  const outside = join(around, 'outside');
  mkdirSync(dir);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.txt'), SECRET);
  const path = (name: string): string => join(dir, name);
  return {
    ...caller({ workspace: dir }),
    dir,
    outside,
    path,
    put(name, content) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), content);
    },
    file: (name) => readFileSync(path(name), 'utf8'),
    files: () =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
        .sort(),
  };
}
