/**
 * People who talk with an agent on IRC while it is killed by an operator, its line is cut and the gateway dies: what the
 * gateway has stored is answered once and in order, or is said to be unknown; nothing is stored or said twice.
 * Small by default; `npm run test:chaos` runs it in full.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connectControl, type ControlClient } from '../support/control-client.js';
import { cuttingProxy } from '../support/cutting-proxy.js';
import { freePort, startGateway, temporaryDir, type TestGateway } from '../support/gateway.js';
import { inFull } from '../support/in-full.js';
import { ircClient, type IrcClient } from '../support/irc-client.js';
import { operator, startNgircd } from '../support/ngircd.js';
import { answer } from '../support/session-calls.js';
import { waitFor } from '../support/wait-for.js';

const scale = inFull ? { messages: 1_000, rounds: 5 } : { messages: 45, rounds: 1 };
/** Of each, spread over the whole, as often as there are rounds. */
const kinds = ['kill', 'cut', 'gateway'] as const;
const harms = Array.from({ length: scale.rounds }, () => kinds).flat();
/** Messages without an answer that somebody has at one time. */
const WINDOW = 3;

interface Person {
  readonly client: IrcClient;
  /** Where it talks, and what it says before each message. */
  readonly target: string;
  readonly address: string;
  readonly sessionKey: string;
  readonly sent: string[];
}

it('nothing that was taken is lost, doubled or reordered', { timeout: 900_000 }, async () => {
  const server = await startNgircd();
  onTestFinished(() => server.stop());
  const proxy = await cuttingProxy(server.tlsPort);
  onTestFinished(() => proxy.stop());
  const config = {
    channels: {
      irc: {
        host: '127.0.0.1',
        port: proxy.port,
        tls: { caPath: server.caPath },
        nick: 'agent',
        pace: { burst: 100, perSecond: 1_000 },
        dmPolicy: 'open',
        allowFrom: ['*'],
        groups: { '#room': {} },
      },
    },
    session: { dmScope: 'per-channel-peer' },
    messages: { inbound: { debounceMs: 0 }, queue: { mode: 'followup', debounceMs: 0 } },
  };
  const [stateDir, port] = [temporaryDir(), await freePort()];
  const start = async (): Promise<[TestGateway, ControlClient]> => {
    const started = await startGateway({ config, stateDir, port });
    return [started, await connectControl(started.wsUrl)];
  };

  const oper = await ircClient(server.port, 'oper', '#room');
  oper.send(`OPER ${operator.name} ${operator.password}`);
  const person = async (nick: string, target: string, kind: string): Promise<Person> => ({
    client: await ircClient(server.port, nick, ...(kind === 'group' ? [target] : [])),
    target,
    address: kind === 'group' ? 'agent: ' : '',
    sessionKey: `agent:main:irc:${kind}:${kind === 'group' ? target : nick}`,
    sent: [],
  });
  const people = [
    await person('ann', 'agent', 'direct'),
    await person('bob', 'agent', 'direct'),
    await person('carol', '#room', 'group'),
  ];
  onTestFinished(() => {
    for (const { client } of [...people, { client: oper }]) client.close();
  });

  const here = (): Promise<true> =>
    waitFor('the agent', () => {
      const last = oper.lines.findLast((line) => /^:agent!\S+ (?:JOIN|QUIT|KICK|PART)\b/.test(line));
      return last !== undefined && / JOIN /.test(last);
    });
  const answersTo = ({ client, target }: Person): string[] =>
    client.heardFrom('agent', target.startsWith('#') ? target : client.nick).map(withoutName);
  /** Grows when an agent that was away is back: what was said to the one before it may be lost, which IRC tells nobody. */
  let epoch = 0;
  const talk = async (who: Person, count: number): Promise<void> => {
    const sentIn = new Map<string, number>();
    const unanswered = (): number => {
      const heard = new Set(answersTo(who));
      return [...sentIn].filter(([text, since]) => since === epoch && !heard.has(text)).length;
    };
    for (let n = 0; n < count; n += 1) {
      const text = `${who.client.nick} says ${n}`;
      do await here();
      while (!(await who.client.say(who.target, `${who.address}${text}`)));
      who.sent.push(text);
      sentIn.set(text, epoch);
      await waitFor(`an answer for ${who.client.nick}`, () => unanswered() < WINDOW);
    }
    await waitFor(`the last answers for ${who.client.nick}`, () => unanswered() === 0);
  };

  let [gateway, control] = await start();
  onTestFinished(async () => void (await gateway.stop()));
  await here();
  const talks = Promise.all(people.map((who) => talk(who, Math.ceil(scale.messages / people.length))));
  const sentSoFar = (): number => people.reduce((sum, { sent }) => sum + sent.length, 0);
  for (const [n, harm] of harms.entries()) {
    const at = ((n + 1) / (harms.length + 1)) * scale.messages;
    await waitFor(`message ${at}`, () => sentSoFar() >= at, 120_000);
    if (harm === 'gateway') {
      // So many crashes within minutes are a loop to it, after which it leaves channels alone.
      rmSync(join(stateDir, 'boot-history.json'), { force: true });
      gateway.child.kill('SIGKILL');
      await gateway.exited;
    } else if (harm === 'kill') oper.send('KILL agent :go');
    else proxy.cut();
    await waitFor('its end', () => /^:agent!\S+ QUIT/.test(lastOf(oper)));
    if (harm === 'gateway') [gateway, control] = await start();
    else {
      // Instead of waiting for the pause before the next try.
      await answer(control, 'channels.stop', { channel: 'irc' });
      await answer(control, 'channels.start', { channel: 'irc' });
    }
    await here();
    epoch += 1;
  }
  await talks;

  let [missing, excuses] = [0, 0];
  for (const who of people) {
    const params = { sessionKey: who.sessionKey, limit: 1_000 };
    const { messages } = await answer(control, 'chat.history', params);
    const stored = (messages as Row[])
      .filter(({ role }) => role === 'user')
      .map(({ content: [first] }) => withoutName(first?.text ?? ''));
    const answers = answersTo(who);
    const heard = answers.filter((text) => who.sent.includes(text));
    expect(new Set(stored).size).toBe(stored.length);
    expect(who.sent.filter((text) => stored.includes(text))).toEqual(stored);
    // At most what was under way when the line was cut: IRC sends nothing twice.
    expect(who.sent.length - stored.length).toBeLessThanOrEqual(harms.length * WINDOW);
    expect(stored.filter((text) => heard.includes(text))).toEqual(heard);
    missing += stored.length - heard.length;
    excuses += answers.filter((text) => text.startsWith('The gateway was restarted')).length;
  }
  const unknown = gateway.logLines().filter(({ event }) => event === 'delivery.unknown').length;
  expect(missing).toBeLessThanOrEqual(excuses + unknown);
  expect(unknown).toBeLessThanOrEqual(harms.length * people.length);
});

interface Row {
  readonly role: string;
  readonly content: readonly { readonly text?: string }[];
}

/** In a channel agents are told who has said something. */
function withoutName(text: string): string {
  return text.replace(/^carol: /, '');
}

function lastOf({ lines }: IrcClient): string {
  return lines.findLast((line) => line.startsWith(':agent!')) ?? '';
}
