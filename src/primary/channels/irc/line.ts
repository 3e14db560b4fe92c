/** One line of IRC (RFC 1459, with the message tags of IRCv3): `@tags :source COMMAND params :last`. */

export interface Line {
  readonly tags: ReadonlyMap<string, string>;
  /** `nick!user@host` or a server's name; empty when there is none. */
  readonly source: string;
  /** Upper case, or three digits. */
  readonly command: string;
  readonly params: readonly string[];
}

const form = /^(?:@(?<tags>[^ ]*) +)?(?::(?<source>[^ ]*) +)?(?<command>[A-Za-z]+|\d{3})(?: +(?<rest>.*))?$/s;

/** Undefined for what is no line of IRC. */
export function parseLine(text: string): Line | undefined {
  const { tags = '', source = '', command, rest = '' } = form.exec(text)?.groups ?? {};
  if (command === undefined) return undefined;
  return { tags: tagsOf(tags), source, command: command.toUpperCase(), params: paramsOf(rest) };
}

function paramsOf(rest: string): string[] {
  const at = rest.startsWith(':') ? 0 : rest.indexOf(' :');
  const middle = (at < 0 ? rest : rest.slice(0, at)).split(' ').filter((part) => part !== '');
  return at < 0 ? middle : [...middle, rest.slice(rest.indexOf(':', at) + 1)];
}

const escapes: Readonly<Record<string, string>> = { ':': ';', s: ' ', '\\': '\\', r: '\r', n: '\n' };

function tagsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(';')
      .filter((tag) => tag !== '')
      .map((tag) => {
        const at = tag.indexOf('=');
        const value = at < 0 ? '' : tag.slice(at + 1);
        const plain = value.replace(/\\(.?)/gs, (_all, char: string) => escapes[char] ?? char);
        return [at < 0 ? tag : tag.slice(0, at), plain] as const;
      }),
  );
}

/**
 * A line to send, without its end. Whatever is in the params, it stays one line and says what it is meant to.
 * @throws RangeError for a param that cannot be where it is
 */
export function composeLine(command: string, ...params: readonly string[]): string {
  const last = params.length - 1;
  const parts = params.map((param, n) => {
    if (/[\r\n\0]/.test(param)) throw new RangeError('a line break in a param');
    const needsColon = param === '' || param.startsWith(':') || param.includes(' ');
    if (needsColon && n < last) throw new RangeError('a blank in a param that is not the last');
    return needsColon ? `:${param}` : param;
  });
  return [command, ...parts].join(' ');
}

export interface Source {
  readonly nick: string;
  /** `user@host`; undefined for a server, or when it was not said. */
  readonly userHost: string | undefined;
}

export function sourceOf({ source }: Line): Source {
  const at = source.indexOf('!');
  return at < 0
    ? { nick: source, userHost: undefined }
    : { nick: source.slice(0, at), userHost: source.slice(at + 1) };
}
