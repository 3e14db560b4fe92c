/** The account in the key of a direct chat that has one for each (runs-and-events.md §6). */
import { expect, it } from 'vitest';
import {
  sessionKeyOf,
  type ConversationQuestion,
} from '../../../src/primary/channels/inbound/conversation.js';
import { inbound } from './support/conversation.js';

function keyAt(accountId: string, configured: readonly string[]): string {
  const accounts = Object.fromEntries(configured.map((id) => [id, {}]));
  return sessionKeyOf({
    from: { channel: { id: 'irc', capabilities: { caseless: true } }, accountId },
    message: inbound('Hello'),
    person: { identity: undefined, names: new Set(), others: new Set() },
    agentId: 'main',
    scheme: { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' },
    dmScope: 'per-account-channel-peer',
    channels: { irc: { accounts } },
  } as unknown as ConversationQuestion);
}

it('capitals of an account change nothing: its conversations stay those that they were', () => {
  expect(keyAt('Libera', ['Libera', 'OFTC'])).toBe('agent:main:irc:libera:direct:7');
});

it('accounts that capitals tell apart have conversations of their own', () => {
  const both = ['Libera', 'libera'];
  expect(keyAt('libera', both)).toBe('agent:main:irc:libera:direct:7');
  expect(keyAt('Libera', both)).toMatch(/^agent:main:irc:libera~[0-9a-f]{16}:direct:7$/);
});
