import { expect, it } from 'vitest';
import { commandPolicy } from '../../../src/primary/nodes/command-policy.js';

const unset = { commands: { allow: null, deny: null }, allowCommands: null, denyCommands: null };

it.each([
  ['nothing', {}, ['a', 'b', 'c']],
  ['an empty allow', { commands: { allow: [], deny: null } }, []],
  ['allow and deny', { commands: { allow: ['a', 'b'], deny: ['b'] } }, ['a']],
  ['deny', { commands: { allow: null, deny: ['b'] } }, ['a', 'c']],
  ['the older names', { allowCommands: ['a', 'b'], denyCommands: ['a'] }, ['b']],
  ['both names', { commands: { allow: ['c'], deny: null }, allowCommands: ['a'] }, ['c']],
])('with %s', (_what, config, allowed) => {
  expect(['a', 'b', 'c'].filter(commandPolicy({ ...unset, ...config }))).toEqual(allowed);
});
