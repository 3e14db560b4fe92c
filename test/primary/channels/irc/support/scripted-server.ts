/** An IRC server that says what the test wants it to say. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { waitFor } from '../../../../support/wait-for.js';

export interface ScriptedServer {
  readonly port: number;
  /** Lines of the clients, all of them. */
  readonly lines: string[];
  /** To the client that came last. */
  say(...lines: readonly string[]): void;
  /** Breaks the connection of the client that came last. */
  cut(): void;
  /** Resolves with the first line that fits, from where the last one was. */
  heard(form: RegExp): Promise<string>;
  /** Whether the client that came last has shown a certificate. */
  hasCertificate(): boolean;
}

/**
 * @param answer to each line; what a line has no answer to gets that of an ordinary server
 * @param tls with it the server speaks TLS, and asks for a certificate
 */
export async function scriptedServer(
  answer: (line: string, say: (...lines: readonly string[]) => void) => boolean | void = () => {},
  tls?: TlsOptions,
): Promise<ScriptedServer> {
  const lines: string[] = [];
  let last: Socket | undefined;
  let heardTo = 0;
  const serve = (socket: Socket): void => {
    last = socket;
    let nick = '*';
    const say = (...told: readonly string[]): void =>
      void socket.write(told.map((line) => `${line}\r\n`).join(''));
    const usual = (line: string): void => {
      const [command = '', ...params] = line.split(' ');
      if (command === 'NICK') [nick = '*'] = params;
      else if (command === 'CAP' && params[0] === 'LS') say(`:irc.test CAP * LS :`);
      else if (command === 'USER') welcome(nick, say);
      else if (command === 'PING') say(`:irc.test PONG irc.test ${params.join(' ')}`);
      else if (command === 'QUIT') socket.end();
      else if (command === 'JOIN') say(`:${nick}!u@h.test JOIN ${params[0]}`);
    };
    let text = '';
    socket.setEncoding('utf8').on('error', () => {});
    socket.on('data', (chunk: string) => {
      text += chunk;
      const whole = text.split('\r\n');
      text = whole.pop() ?? '';
      for (const line of whole) {
        lines.push(line);
        if (answer(line, say) !== true) usual(line);
      }
    });
  };
  const server = tls
    ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, serve)
    : createServer(serve);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    last?.destroy();
    server.close();
  });
  const scripted: ScriptedServer = {
    port: (server.address() as AddressInfo).port,
    lines,
    hasCertificate: () => Object.keys((last as TLSSocket).getPeerCertificate()).length > 0,
    say: (...told) => void last?.write(told.map((line) => `${line}\r\n`).join('')),
    cut: () => void last?.destroy(),
    heard: (form) =>
      waitFor(`a line like ${form}`, () => {
        const at = lines.findIndex((line, n) => n >= heardTo && form.test(line));
        if (at < 0) return undefined;
        heardTo = at + 1;
        return lines[at];
      }),
  };
  return scripted;
}

export function welcome(nick: string, say: (...lines: readonly string[]) => void): void {
  say(`:irc.test 001 ${nick} :Welcome`, `:irc.test 005 ${nick} CASEMAPPING=ascii CHANTYPES=# :are supported`);
  say(`:irc.test 422 ${nick} :no greeting`);
}
