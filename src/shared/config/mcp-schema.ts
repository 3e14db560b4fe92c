/** `mcp.servers` of the config (config.md §8): programs and addresses that agents get tools from. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as v from 'valibot';
import { mcpLimits, toolRunLimits } from '../tools/limits.js';

/** What a process can be given: it ends at the first NUL. */
const plain = v.pipe(
  v.string(),
  v.check((text) => !text.includes('\0'), 'must not have NUL characters in it'),
);

/** Part of the names of its tools, divided by `__` from the rest: so there is none in it, and no `_` at its end. */
const ServerId = v.pipe(
  v.string(),
  v.check(
    (id) => /^[A-Za-z0-9](?:[A-Za-z0-9-]|_(?!_|$)){0,31}$/.test(id),
    'must have 1 to 32 letters, digits, "-" and "_", no two "_" in a row and none at its end, and begin with a letter or digit',
  ),
);

const sendable = (headers: Readonly<Record<string, string>>): boolean => {
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
};

const Server = v.pipe(
  v.strictObject({
    command: v.exactOptional(v.pipe(plain, v.minLength(1))),
    args: v.exactOptional(v.array(plain)),
    env: v.exactOptional(v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)), plain)),
    cwd: v.exactOptional(v.pipe(plain, v.minLength(1))),
    url: v.exactOptional(
      v.pipe(
        v.string(),
        v.check(
          (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
          'must be an http or https address',
        ),
      ),
    ),
    headers: v.exactOptional(
      v.pipe(v.record(v.string(), v.string()), v.check(sendable, 'must be headers that can be sent')),
    ),
    enabled: v.exactOptional(v.boolean()),
    timeoutMs: v.exactOptional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(toolRunLimits.longestMs)),
    ),
  }),
  v.check(
    ({ command, url }) => (command === undefined) !== (url === undefined),
    'must have one of command and url',
  ),
  v.check(
    ({ url, args, env, cwd }) => url === undefined || (args ?? env ?? cwd) === undefined,
    'args, env and cwd go with command',
  ),
  v.check(({ command, headers }) => command === undefined || headers === undefined, 'headers go with url'),
);

export type McpServerConfig = v.InferOutput<typeof Server>;

export const McpServers = v.pipe(
  v.record(ServerId, Server),
  v.maxEntries(mcpLimits.servers),
  v.check(
    (servers) =>
      new Set(Object.keys(servers).map((id) => id.toLowerCase())).size === Object.keys(servers).length,
    'must not have two names that differ in case only',
  ),
);
