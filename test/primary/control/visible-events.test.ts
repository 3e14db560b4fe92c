/** Which events a connection gets, by its role and scopes (protocol.md §14.2). */
import { expect, it } from 'vitest';
import { visibleEvents } from '../../../src/primary/control/visible-events.js';

const forAll = ['tick', 'health', 'shutdown'];
/** And for no node. */
const forOperators = [...forAll, 'heartbeat'];
const forReaders = [
  'agent',
  'chat',
  'config.changed',
  'cron',
  'presence',
  'sessions.changed',
  'session.message',
  'session.tool',
];
const forPairing = [
  'channel.pair.requested',
  'channel.pair.resolved',
  'device.pair.requested',
  'device.pair.resolved',
  'node.pair.requested',
  'node.pair.resolved',
];
const forApprovers = ['exec.approval.requested', 'exec.approval.resolved'];

it.each([
  { scopes: [], events: forOperators },
  { scopes: ['operator.questions'], events: forOperators },
  { scopes: ['operator.read'], events: [...forOperators, ...forReaders] },
  { scopes: ['operator.write'], events: [...forOperators, ...forReaders] },
  { scopes: ['operator.pairing'], events: [...forOperators, ...forPairing] },
  { scopes: ['operator.read', 'operator.pairing'], events: [...forOperators, ...forReaders, ...forPairing] },
  { scopes: ['operator.approvals'], events: [...forOperators, ...forApprovers] },
  { scopes: ['operator.admin'], events: [...forOperators, ...forReaders, ...forPairing, ...forApprovers] },
])('an operator with $scopes gets $events', ({ scopes, events }) => {
  expect([...visibleEvents(new Set(scopes), 'operator')].toSorted()).toEqual(events.toSorted());
});

it('a node gets what is for all, whatever its scopes', () => {
  expect([...visibleEvents(new Set(['operator.admin']), 'node')].toSorted()).toEqual(forAll.toSorted());
});
