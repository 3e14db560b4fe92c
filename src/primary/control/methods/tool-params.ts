/** What the methods on tools take (methods.md §5). Arguments become text where their frame is read. */
import * as v from 'valibot';
import { directCallLimits } from '../../../shared/tools/limits.js';
import { about, compile } from '../../../shared/schema.js';
import { agentId, key, name, optional, reading } from './param-types.js';

export const toolParams = {
  'tools.catalog': compile(
    v.strictObject({
      agentId,
      includePlugins: optional(about('False: without the tools of MCP servers.', v.boolean()), true),
    }),
  ),
  'tools.effective': compile(v.strictObject({ sessionKey: key, agentId })),
  'tools.invoke': reading(
    compile(
      v.strictObject({
        name,
        args: optional(about('What the tool takes.', v.pipe(v.unknown(), v.metadata({ type: 'object' })))),
        sessionKey: optional(about("Default: the agent's main session.", key)),
        agentId,
        idempotencyKey: optional(about('A repeat with the same one is answered as the first.', name)),
      }),
    ),
    ({ args: given = {}, ...rest }) => {
      const problem = (message: string) => ({ ok: false, problems: [{ path: '/args', message }] }) as const;
      // Any value to the schema, which would make a copy.
      if (typeof given !== 'object' || given === null || Array.isArray(given))
        return problem('must be object');
      const args = JSON.stringify(given);
      if (args.length > directCallLimits.argsChars)
        return problem(`must have at most ${directCallLimits.argsChars} characters as JSON`);
      return { ok: true, value: { ...rest, args } };
    },
  ),
};
