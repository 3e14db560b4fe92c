/**
 * Asks the machine's `tailscale` command who has an address of the tailnet. A child process each time, so answers are
 * remembered for a moment, few run at one time, and none outlives its deadline.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import { whoisLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { limitRepeats } from '../../shared/log/repeat-limit.js';
import { toError } from '../../shared/to-error.js';
import { childEnvironment } from '../child-environment.js';

/** The login name of whoever has this IP address; undefined when that could not be found out. */
export type Whois = (address: string) => Promise<string | undefined>;

interface Known {
  readonly answer: Promise<string | undefined>;
  /** Endless until there is an answer. */
  until: number;
}

/** @param now milliseconds of a clock that never goes back */
export function createWhois(log: Logger, now: () => number): Whois {
  const known = new Map<string, Known>();
  const lanes = createKeyedQueue();
  const failures = limitRepeats<'whois'>((_kind, more) =>
    log.warn('auth.whois-failed', `tailscale whois: ${more} more failures`, { more }),
  );
  const failed = (message: string): undefined => {
    if (failures.admit('whois')) log.warn('auth.whois-failed', message);
  };
  let asked = 0;
  let open = 0;

  const ask = async (address: string): Promise<string | undefined> => {
    open += 1;
    asked += 1;
    try {
      return await lanes.run(`${asked % whoisLimits.atOnce}`, () => loginOf(address));
    } catch (caught) {
      return failed(toError(caught).message);
    } finally {
      open -= 1;
    }
  };

  return (address) => {
    const before = known.get(address);
    if (before && before.until > now()) return before.answer;
    known.delete(address);
    if (open >= whoisLimits.open) return Promise.resolve(failed('too many questions wait for an answer'));
    const answer = ask(address);
    const entry: Known = { answer, until: Infinity };
    known.set(address, entry);
    void answer.then((login) => {
      entry.until = now() + (login === undefined ? whoisLimits.failureKeptMs : whoisLimits.keptMs);
    });
    const [oldest] = known.keys();
    if (known.size > whoisLimits.entries && oldest !== undefined) known.delete(oldest);
    return answer;
  };
}

const run = promisify(execFile);

async function loginOf(address: string): Promise<string> {
  const { stdout } = await run('tailscale', ['whois', '--json', address], {
    timeout: whoisLimits.timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: whoisLimits.answerBytes,
    env: childEnvironment(process.env),
    windowsHide: true,
  });
  const { UserProfile } = JSON.parse(stdout) as { readonly UserProfile?: { readonly LoginName?: unknown } };
  const login = UserProfile?.LoginName;
  if (typeof login !== 'string' || login === '') throw new Error('it names no login');
  return login;
}
