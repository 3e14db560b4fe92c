/** The hours in which heartbeats may happen (runs-and-events.md §16). */
import type { HeartbeatConfig } from '../../shared/config/heartbeat-schema.js';

/** @param userTimezone null: where the gateway is. @param now milliseconds since the epoch */
export function isActive(
  { activeHours }: Pick<HeartbeatConfig, 'activeHours'>,
  userTimezone: string | null,
  now: number,
): boolean {
  if (!activeHours) return true;
  const { start = '00:00', end = '24:00', timezone = 'user' } = activeHours;
  const zone = timezone === 'user' ? userTimezone : timezone === 'local' ? null : timezone;
  const minute = minuteOf(now, zone);
  const [from, to] = [minutesIn(start), minutesIn(end)];
  // One that ends before it begins goes over midnight; one that ends as it begins is none.
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minuteOf(now: number, zone: string | null): number {
  const parts = new Intl.DateTimeFormat('en', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(zone === null ? {} : { timeZone: zone }),
  }).formatToParts(now);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return of('hour') * 60 + of('minute');
}

function minutesIn(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}
