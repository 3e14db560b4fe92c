/** The exec tool as data: what models and catalogs know of it, and what a call is checked with. */
import * as v from 'valibot';
import { approvalLimits, execLimits } from './limits.js';
import { jsonSchemaOf } from '../json-schema.js';
import { about, map } from '../schema.js';
import type { ToolDefinition } from './definition.js';

const variable = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/));

export const ExecArguments = v.strictObject({
  command: about(
    'The command line. One with operators, variables or patterns is run by sh.',
    v.pipe(v.string(), v.minLength(1), v.maxLength(approvalLimits.commandChars)),
  ),
  cwd: v.exactOptional(
    about(
      'Folder to run it in, relative to the workspace; default is the workspace itself.',
      v.pipe(v.string(), v.maxLength(4_096)),
    ),
  ),
  timeoutMs: v.exactOptional(
    about('After so long it is ended.', v.pipe(v.number(), v.integer(), v.minValue(1))),
  ),
  env: v.exactOptional(
    about(
      'Variables that it gets besides the usual ones.',
      map(variable, v.pipe(v.string(), v.maxLength(execLimits.variableChars)), execLimits.variables),
    ),
  ),
});

export const execDefinition: ToolDefinition = {
  name: 'exec',
  label: 'Run command',
  description:
    'Run a command in the workspace and give what it prints, both streams together, and its exit code. It has no input, and is ended with all that it has started when its time is over. Somebody may have to approve it first.',
  source: 'core',
  group: 'runtime',
  parameters: { ...jsonSchemaOf(ExecArguments) },
  defaultProfiles: ['coding'],
  ownerOnly: true,
};
