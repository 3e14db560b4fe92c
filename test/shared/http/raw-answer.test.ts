import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endAndLinger } from '../../../src/shared/http/raw-answer.js';
import { portLimits } from '../../../src/shared/limits.js';
import { waitFor } from '../../support/wait-for.js';

/** A connection whose client has said nothing yet. */
const connection = (): Duplex => new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });

it('a client that sends on without end is cut off', async () => {
  const mebibyte = Buffer.alloc(1_024 * 1_024);
  const socket = connection();
  let sent = 0;
  socket._read = () => {
    sent += mebibyte.length;
    socket.push(mebibyte);
  };
  endAndLinger(socket);
  await waitFor('the cut', () => socket.destroyed);
  expect(sent).toBeGreaterThan(portLimits.lingerBytes);
  expect(sent).toBeLessThan(portLimits.lingerBytes + 4 * mebibyte.length);
});

it('one that says no more is gone as soon as it has ended its side', async () => {
  const socket = connection();
  endAndLinger(socket);
  socket.push(null);
  await waitFor('the end', () => socket.destroyed);
});

it('whoever read before hears nothing more', async () => {
  const socket = connection();
  const heard = vi.fn();
  socket.on('data', heard);
  endAndLinger(socket);
  socket.push('more');
  socket.push(null);
  await waitFor('the end', () => socket.destroyed);
  expect(heard).not.toHaveBeenCalled();
});

describe('one that neither sends nor ends', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is waited for so long', () => {
    const socket = connection();
    endAndLinger(socket, 3_000);
    vi.advanceTimersByTime(2_999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
  });
});
