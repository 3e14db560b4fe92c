/** Which events a connection gets, by its role and scopes (protocol.md §14.2). */
import { expect, it } from 'vitest';
import { visibleEvents } from '../../../src/primary/control/visible-events.js';

const forAll = ['tick', 'health', 'shutdown'];
const forReaders = [
  'agent',
  'chat',
  'config.changed',
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
  { scopes: [], events: forAll },
  { scopes: ['operator.questions'], events: forAll },
  { scopes: ['operator.read'], events: [...forAll, ...forReaders] },
  { scopes: ['operator.write'], events: [...forAll, ...forReaders] },
  { scopes: ['operator.pairing'], events: [...forAll, ...forPairing] },
  { scopes: ['operator.read', 'operator.pairing'], events: [...forAll, ...forReaders, ...forPairing] },
  { scopes: ['operator.approvals'], events: [...forAll, ...forApprovers] },
  { scopes: ['operator.admin'], events: [...forAll, ...forReaders, ...forPairing, ...forApprovers] },
])('an operator with $scopes gets $events', ({ scopes, events }) => {
  expect([...visibleEvents(new Set(scopes), 'operator')].toSorted()).toEqual(events.toSorted());
});

it('a node gets what is for all, whatever its scopes', () => {
  expect([...visibleEvents(new Set(['operator.admin']), 'node')].toSorted()).toEqual(forAll.toSorted());
});
