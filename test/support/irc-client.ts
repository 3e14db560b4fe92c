/** Somebody else on IRC: a socket that says what it is told, and remembers what it has heard. */
import { connect, type Socket } from 'node:net';
import { waitFor } from './wait-for.js';

export interface IrcClient {
  readonly nick: string;
  send(...lines: readonly string[]): void;
  /** Says something, and resolves when the server has dealt with it: false when nobody has that nick. */
  say(target: string, text: string): Promise<boolean>;
  /** Texts that `from` has sent to `to`, in order. */
  heardFrom(from: string, to: string): string[];
  /** Resolves with the first line that fits. */
  heard(form: RegExp): Promise<string>;
  readonly lines: string[];
  close(): void;
}

export async function ircClient(
  port: number,
  nick: string,
  ...channels: readonly string[]
): Promise<IrcClient> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const lines: string[] = [];
  let text = '';
  let pings = 0;
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const whole = text.split('\r\n');
    text = whole.pop() ?? '';
    for (const line of whole) {
      if (line.startsWith('PING')) client.send(line.replace('PING', 'PONG'));
      else lines.push(line);
    }
  });
  const heard = (form: RegExp): Promise<string> =>
    waitFor(`a line like ${form} for ${nick}`, () => lines.find((line) => form.test(line)));
  const client: IrcClient = {
    nick,
    lines,
    heard,
    send: (...told) => void socket.write(told.map((line) => `${line}\r\n`).join('')),
    async say(target, said) {
      pings += 1;
      const before = lines.length;
      client.send(`PRIVMSG ${target} :${said}`, `PING said${pings}`);
      await heard(new RegExp(`PONG \\S+ :?said${pings}$`));
      return !lines.slice(before).some((line) => / 401 /.test(line));
    },
    heardFrom(from, to) {
      const form = new RegExp(`^:${from}!\\S+ PRIVMSG ${to} :?(.*)$`, 'i');
      return lines.flatMap((line) => form.exec(line)?.[1] ?? []);
    },
    close: () => void socket.destroy(),
  };
  client.send(`NICK ${nick}`, `USER ${nick} 0 * :${nick}`);
  await heard(/^:\S+ (?:376|422) /);
  for (const channel of channels) client.send(`JOIN ${channel}`);
  if (channels.length > 0) await heard(new RegExp(`^:\\S+ 366 \\S+ ${channels.at(-1) ?? ''} `, 'i'));
  return client;
}
