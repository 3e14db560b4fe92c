/** How much a server may say in a second. */
import { expect, it } from 'vitest';
import { mcpLimits } from '../../../../src/shared/tools/limits.js';
import { createIntake } from '../../../../src/workers/tools/mcp/intake.js';

const { messagesPerSecond, bytesPerSecond, floodSeconds } = mcpLimits;

function intakeAt() {
  const clock = { ms: 0 };
  return { clock, intake: createIntake(() => clock.ms) };
}

it('lets through what is little', () => {
  const { intake } = intakeAt();
  expect(intake.take(messagesPerSecond - 1, bytesPerSecond - 1)).toBe(0);
});

it.each([
  [messagesPerSecond, 0],
  [0, bytesPerSecond],
])('lets the rest of a second pass after %i messages, %i bytes', (messages, bytes) => {
  const { intake, clock } = intakeAt();
  clock.ms = 400;
  expect(intake.take(messages, bytes)).toBe(600);
  clock.ms = 1_000;
  expect(intake.take(1, 1)).toBe(0);
});

it('it is a flood after many full seconds, one after the other', () => {
  const { intake, clock } = intakeAt();
  for (let n = 0; n < floodSeconds; n += 1) {
    expect(intake.flooded).toBe(false);
    intake.take(messagesPerSecond, 1);
    clock.ms += 1_000;
  }
  intake.take(1, 1);
  expect(intake.flooded).toBe(true);
});

it('it is none with a pause in between', () => {
  const { intake, clock } = intakeAt();
  for (let n = 0; n < 3 * floodSeconds; n += 1) {
    intake.take(messagesPerSecond, 1);
    clock.ms += n % 5 === 0 ? 3_000 : 1_000;
  }
  expect(intake.flooded).toBe(false);
});
