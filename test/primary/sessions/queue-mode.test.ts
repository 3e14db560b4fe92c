import { expect, it } from 'vitest';
import { queueModeOf } from '../../../src/primary/sessions/queue-mode.js';
import type { QueueMode } from '../../../src/shared/config/queue-schema.js';

const session = { sessionId: 's', updatedAt: 0 };
const settings = {
  mode: 'followup',
  debounceMs: 0,
  cap: 1,
  drop: 'new',
  byChannel: new Map<string, QueueMode>([
    ['telegram', 'collect'],
    ['webchat', 'steer'],
  ]),
} as const;

it.each([
  ['the call says', 'interrupt', { ...session, queueMode: 'collect' }, 'interrupt'],
  ['the session says', undefined, { ...session, queueMode: 'collect', channel: 'telegram' }, 'collect'],
  ['its channel says', undefined, { ...session, channel: 'telegram' }, 'collect'],
  ['the web chat is the channel of what has none', undefined, session, 'steer'],
  ['a session that does not exist yet has none', undefined, undefined, 'steer'],
  [
    'the config says for a channel that it does not name',
    undefined,
    { ...session, channel: 'irc' },
    'followup',
  ],
  ['a mode that is not known counts for nothing', undefined, { ...session, queueMode: 'x' }, 'steer'],
] as const)('the mode is what %s', (_who, asked, entry, mode) => {
  expect(queueModeOf(asked, entry, settings)).toBe(mode);
});
