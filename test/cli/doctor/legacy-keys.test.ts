/** What older releases said, and what counts of it where the new place says something, too (config.md §7). */
import { expect, it } from 'vitest';
import { legacyMigration } from '../../../src/cli/doctor/legacy-keys.js';

it('tells of each value that its new place says otherwise, however deep', () => {
  const migration = legacyMigration({
    agent: { heartbeat: { every: '1h', target: 'owner' } },
    agents: { defaults: { heartbeat: { every: '30m' } } },
  });
  expect(migration).toMatchObject({
    steps: ['agent.heartbeat is agents.defaults.heartbeat now'],
    lost: ['agent.heartbeat.every'],
  });
});

it('loses nothing where both say the same', () => {
  const same = { model: 'echo/echo', heartbeat: { every: '1h' } };
  expect(legacyMigration({ agent: same, agents: { defaults: same } })).toEqual({
    edits: [
      { path: ['agent', 'model'], remove: true },
      { path: ['agent', 'heartbeat'], remove: true },
      { path: ['agent'], remove: true },
    ],
    steps: ['agent.model is agents.defaults.model now', 'agent.heartbeat is agents.defaults.heartbeat now'],
    lost: [],
  });
});
