/** Keys of `channels.irc` and its accounts that no other channel has. */
import * as v from 'valibot';
import { about } from '../../schema.js';

const optional = v.exactOptional;

const text = (form: RegExp, message: string) =>
  v.pipe(
    v.string(),
    v.check((value) => form.test(value), message),
  );
/** On the wire a word ends at the first blank. */
const word = text(/^[^\s:,][^\s,]{0,127}$/, 'must be one word, without "," and no ":" before it');
const host = text(/^[^\s,/]{1,253}$/, 'must be a name or an address');
const nick = text(
  /^[^\s:,#&!@\d-][^\s,!@]{0,63}$/,
  'must be a nick: one word without "!", "@" and ",", and no digit, "-", "#", "&" or ":" before it',
);
const username = text(/^[^\s:,!@][^\s,!@]{0,127}$/, 'must be one word without "!", "@" and ","');
const line = text(/^[^\r\n\0]{1,512}$/, 'must be one line');
const file = v.pipe(v.string(), v.minLength(1));

export const ircKeys = {
  host: optional(about('The server; with `nick` what an account needs.', host)),
  port: optional(
    about('6697, or 6667 without TLS.', v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  ),
  tls: optional(
    v.strictObject({
      enabled: optional(about('Everything can be read on its way without it (true).', v.boolean())),
      rejectUnauthorized: optional(
        about('Whether the server has to prove who it is (true); rather set `caPath`.', v.boolean()),
      ),
      caPath: optional(about('Authorities to trust instead of the usual ones: a PEM file.', file)),
      serverName: optional(about('Name that its certificate must have; `host` when not set.', host)),
      certPath: optional(about('A certificate of our own, for `sasl` "external": a PEM file.', file)),
      keyPath: optional(about('Its key; in the same file when not set.', file)),
    }),
  ),
  password: optional(about("The server's own password, where it asks for one.", line)),
  nick: optional(about('The name that it is to have.', nick)),
  alternatives: optional(
    about(
      'Names for as long as that one is taken; else it with `_` at its end.',
      v.pipe(v.array(nick), v.maxLength(8)),
    ),
  ),
  username: optional(about('What stands before the host (`nick`).', username)),
  realName: optional(about('What people see who ask who it is (`nick`).', line)),
  account: optional(about('Its account with the services of the network (`nick`).', word)),
  accountPassword: optional(about('The password of that account.', line)),
  sasl: optional(
    about(
      'How it signs in to that account: with the password ("plain"; what is meant when there is one), its certificate ("external"), or not ("off").',
      v.picklist(['plain', 'external', 'off']),
    ),
  ),
  nickServ: optional(
    about(
      'Where SASL is not offered: the service to sign in with by message, such as `NickServ`. It is given the password, whoever has that name: set it only where nobody else can.',
      word,
    ),
  ),
  regain: optional(
    about(
      'What takes the nick back from whoever has it, asked of `nickServ`: "regain" or "ghost". Else it is waited for.',
      v.picklist(['regain', 'ghost']),
    ),
  ),
  pace: optional(
    v.strictObject({
      burst: optional(
        about(
          'Lines that may be sent at once (5).',
          v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
        ),
      ),
      perSecond: optional(
        about('Lines after that (1).', v.pipe(v.number(), v.minValue(0.1), v.maxValue(1_000))),
      ),
    }),
  ),
};

const IrcConfig = v.object(ircKeys);
export type IrcConfig = v.InferOutput<typeof IrcConfig>;
