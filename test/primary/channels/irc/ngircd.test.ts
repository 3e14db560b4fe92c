/** An account in a real network: over TLS, both ways, and when its connection is taken from it. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { IrcConfig } from '../../../../src/shared/channels/irc/config.js';
import { cuttingProxy } from '../../../support/cutting-proxy.js';
import { ircClient, type IrcClient } from '../../../support/irc-client.js';
import { operator, startNgircd, type Ngircd } from '../../../support/ngircd.js';
import { waitFor } from '../../../support/wait-for.js';
import { part, routeTo, testHost } from '../support/host.js';
import { connectedIrc, never, runIrc } from './support/run-account.js';

let server: Ngircd;
let ann: IrcClient;
beforeAll(async () => {
  server = await startNgircd();
  ann = await ircClient(server.port, 'ann', '#room');
});
afterAll(async () => {
  ann.close();
  await server.stop();
});

let bots = 0;
const config = (over: Partial<IrcConfig> = {}): IrcConfig & { nick: string } => {
  bots += 1;
  return {
    host: '127.0.0.1',
    port: server.tlsPort,
    tls: { caPath: server.caPath },
    nick: `bot${bots}`,
    pace: { burst: 100, perSecond: 1_000 },
    ...over,
  };
};

it('talks over TLS, in a channel and with a person', async () => {
  const own = config();
  const { account, host } = await connectedIrc(own, testHost(['#Room']));
  await ann.say('#room', `${own.nick}: hello`);
  await ann.say(own.nick, 'psst, grüße 🙂');
  await waitFor('both', () => host.messages.length === 2);
  expect(host.messages).toMatchObject([
    { peer: { kind: 'group', id: '#Room' }, text: 'hello', mentioned: true, sender: { name: 'ann' } },
    { peer: { kind: 'direct', id: 'ann' }, text: 'psst, grüße 🙂' },
  ]);
  await account.send(part('to all', '#Room'), never);
  await account.send(part('to you', 'ann'), never);
  await waitFor('the answers', () => ann.heardFrom(own.nick, 'ann').length === 1);
  expect([ann.heardFrom(own.nick, '#Room'), ann.heardFrom(own.nick, 'ann')]).toEqual([
    ['to all'],
    ['to you'],
  ]);
});

it('loses nothing of a long text to the length of lines', async () => {
  const own = config();
  const { account } = await connectedIrc(own, testHost(['#room']));
  const text = 'Grüße 🙂 von überall '.repeat(300).trim();
  const parts = account.split(text, routeTo('#room'));
  expect(parts.length).toBeGreaterThan(10);
  for (const one of parts) await account.send(part(one, '#room'), never);
  await waitFor('all of it', () => ann.heardFrom(own.nick, '#room').length === parts.length);
  expect(ann.heardFrom(own.nick, '#room').join(' ')).toBe(text);
});

it('trusts no server that cannot prove who it is', async () => {
  expect(await runIrc(config({ tls: {} })).ended).toMatchObject({
    kind: 'lost',
    message: /self-signed|certificate/,
  });
  expect(
    await runIrc(config({ tls: { caPath: server.caPath, serverName: 'irc.example.com' } })).ended,
  ).toMatchObject({ message: /does not match|altnames/i });
});

it('says of a person that there is not that nobody has the message', async () => {
  const { account } = await connectedIrc(config());
  await expect(account.send(part('x', 'nobody'), never)).rejects.toMatchObject({ kind: 'refused' });
});

it('takes the nick back that somebody else had', async () => {
  const own = config();
  const other = await ircClient(server.port, own.nick, '#room');
  const { host, account } = await connectedIrc(own, testHost(['#room']));
  expect(host.connections).toEqual([{ nick: `${own.nick}_` }]);
  other.close();
  await waitFor('its nick', async () => (await account.probe(never)).nick === own.nick);
});

it('comes back into a channel from which it was kicked', async () => {
  const own = config();
  const chief = await ircClient(server.port, 'chief', '#kicks');
  onTestFinished(() => chief.close());
  const { account } = await connectedIrc(own, testHost(['#kicks']));
  chief.send(`KICK #kicks ${own.nick} :out`);
  await chief.heard(new RegExp(`KICK #kicks ${own.nick}`));
  await waitFor('the end of it', async () => {
    const refused: unknown = await account.send(part('x', '#kicks'), never).catch((error: unknown) => error);
    return (refused as { kind?: string }).kind === 'not-sent';
  });
  await chief.heard(new RegExp(`^:${own.nick}!\\S+ JOIN :?#kicks`));
  await waitFor('the message', () =>
    account.send(part('back', '#kicks'), never).then(
      () => true,
      () => false,
    ),
  );
  await waitFor('the word', () => chief.heardFrom(own.nick, '#kicks').includes('back'));
});

it('ends when it is killed, and knows what was not said', async () => {
  const own = config();
  const oper = await ircClient(server.port, 'oper');
  onTestFinished(() => oper.close());
  const { account, ended } = await connectedIrc(own);
  oper.send(`OPER ${operator.name} ${operator.password}`, `KILL ${own.nick} :go`);
  expect(await ended).toMatchObject({ kind: 'lost' });
  await expect(account.send(part('x', 'ann'), never)).rejects.toMatchObject({ kind: 'not-sent' });
});

it('says nothing twice, and knows of each message what became of it, whenever its line is cut', async () => {
  const proxy = await cuttingProxy(server.tlsPort);
  onTestFinished(() => proxy.stop());
  const own = config({ port: proxy.port });
  const outcomes = new Map<string, string>();
  let next = 0;
  for (let round = 0; round < 5; round += 1) {
    const { account, ended, stop } = await connectedIrc({ ...own, nick: `${own.nick}x${round}` });
    const until = next + 20;
    for (; next < until; next += 1) {
      const text = `cut ${next}`;
      const sending = account.send(part(text, 'ann'), never).then(
        () => 'sent',
        (error: { kind: string }) => error.kind,
      );
      if (next % 20 === 4 * round) proxy.cut();
      outcomes.set(text, await sending);
    }
    await stop();
    await ended;
  }
  await ann.say('ann', 'end of it');
  const heard = ann.lines.flatMap((line) => / PRIVMSG ann :?(cut \d+)$/.exec(line)?.[1] ?? []);
  expect(new Set(heard).size).toBe(heard.length);
  for (const [text, outcome] of outcomes) {
    if (outcome === 'sent') expect(heard).toContain(text);
    if (outcome === 'not-sent') expect(heard).not.toContain(text);
  }
  expect([...outcomes.values()].filter((outcome) => outcome === 'unknown').length).toBeLessThanOrEqual(5);
});
