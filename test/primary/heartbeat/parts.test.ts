/** What decides about a heartbeat: hours, the file, whether an answer says anything (runs-and-events.md §16). */
import { expect, it } from 'vitest';
import { isActive } from '../../../src/primary/heartbeat/active-hours.js';
import type { Route } from '../../../src/primary/channels/channel.js';
import { routeFor } from '../../../src/primary/heartbeat/beat.js';
import { parseHeartbeatFile } from '../../../src/primary/heartbeat/heartbeat-file.js';
import { nextBeat, type HeartbeatSettings } from '../../../src/primary/heartbeat/settings.js';
import { isAck } from '../../../src/shared/heartbeat-ack.js';
import type { SessionKey } from '../../../src/shared/store/records.js';

it.each([
  ['2026-06-01T07:59Z', { start: '08:00', end: '22:00', timezone: 'UTC' }, false],
  ['2026-06-01T08:00Z', { start: '08:00', end: '22:00', timezone: 'UTC' }, true],
  ['2026-06-01T22:00Z', { start: '08:00', end: '22:00', timezone: 'UTC' }, false],
  ['2026-06-01T23:00Z', { start: '22:00', end: '06:00', timezone: 'UTC' }, true],
  ['2026-06-01T06:00Z', { start: '22:00', end: '06:00', timezone: 'UTC' }, false],
  ['2026-06-01T06:30Z', { start: '08:00', timezone: 'Europe/Vienna' }, true],
  ['2026-06-01T06:30Z', { start: '08:00' }, false],
  ['2026-06-01T12:00Z', { start: '12:00', end: '12:00', timezone: 'UTC' }, false],
] as const)('%s within %j: %s', (at, activeHours, expected) => {
  expect(isActive({ activeHours }, 'America/New_York', Date.parse(at))).toBe(expected);
});

it.each([
  ['', true],
  ['# Heartbeat\n\n## Later\n- \n- [ ]\n* \n', true],
  ['<!-- a\nb -->\n', true],
  ['# x\n- [ ] feed the cat', false],
  ['Feed the cat', false],
])('%j is empty: %s', (text, expected) => {
  expect(parseHeartbeatFile(text).isEmpty).toBe(expected);
});

it('tasks are read with their times; what lacks something is none', () => {
  const text =
    'Be kind.\ntasks:\n- name: a\n  interval: 30m\n  prompt: "Do a"\n- name: b\n  interval: often\n  prompt: x\n\n# After\nMore.';
  expect(parseHeartbeatFile(text)).toEqual({
    isEmpty: false,
    tasks: [{ name: 'a', everyMs: 1_800_000, prompt: 'Do a' }],
    text: 'Be kind.\n# After\nMore.',
  });
});

it.each([
  ['HEARTBEAT_OK', true],
  [' **HEARTBEAT_OK**.\n', true],
  ['HEARTBEAT_OK, all quiet', true],
  ['All quiet. HEARTBEAT_OK', true],
  ['NO', false],
  ['I say HEARTBEAT_OK when all is quiet', false],
  [`HEARTBEAT_OK ${'x'.repeat(31)}`, false],
])('%j says nothing: %s', (text, expected) => {
  expect(isAck(text, 30)).toBe(expected);
});

it('each agent has a phase of its own, and the next time is always later', () => {
  const settings = (agentId: string, everyMs: number | undefined) =>
    ({ agentId, everyMs }) as HeartbeatSettings;
  const hour = 3_600_000;
  const phases = ['a', 'b', 'c'].map((id) => (nextBeat(settings(id, hour), 0) as number) % hour);
  expect(new Set(phases).size).toBe(3);
  const first = nextBeat(settings('a', hour), 5 * hour) as number;
  expect(first).toBeGreaterThan(5 * hour);
  expect(nextBeat(settings('a', hour), first)).toBe(first + hour);
  expect(nextBeat(settings('a', hour), first - 1)).toBe(first);
  expect(nextBeat(settings('a', undefined), 0)).toBeUndefined();
});

const ann: Route = { channel: 'net', accountId: 'home', kind: 'direct', id: 'ann' };
const toAnn = { target: 'net', to: 'ann' };
it.each<[object, Route | 'none' | undefined, string[]]>([
  [{ target: 'none', accountId: 'nobody' }, 'none', []],
  [toAnn, ann, []],
  [{ ...toAnn, accountId: 'work' }, { ...ann, accountId: 'work' }, []],
  [{ ...toAnn, accountId: 'nobody' }, undefined, ['net nobody']],
  [{ target: 'last' }, ann, []],
  [{ target: 'last', accountId: 'work' }, { ...ann, accountId: 'work' }, []],
  [{ target: 'last', accountId: 'nobody' }, undefined, ['net nobody']],
  [{ target: 'owner', accountId: 'nobody' }, undefined, ['net nobody']],
  [{ target: 'other', accountId: 'nobody' }, undefined, []],
])('%j goes to %j', async (settings, expected, unknown) => {
  const told: string[] = [];
  const route = await routeFor(settings as HeartbeatSettings, 'key' as SessionKey, {
    deliveries: {
      lastRoute: async () => ann,
      ownerRoute: () => ann,
      routeTo: ({ to, accountId = 'home' }) =>
        accountId === 'nobody' ? 'no such account' : { ...ann, id: to, accountId },
    },
    unknownAccount: (channel, accountId) => told.push(`${channel} ${accountId}`),
  });
  expect([route, told]).toEqual([expected, unknown]);
});
