/** Scripts that have a shell complete `pllan`: data from the command table in each shell's own words. */
import type { Command } from '../command.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const globalFlags = ['--profile', '--dev', '--no-color', '--log-level', '--version', '--help'];

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return `#compdef pllan\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
    case 'fish':
      return fishScript(commands);
  }
}

/** What may follow words, by those words: `''`, `gateway`, `gateway status`. */
function followers(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, Set<string>>([['', new Set(globalFlags)]]);
  const at = (words: string): Set<string> => {
    const known = next.get(words) ?? new Set();
    next.set(words, known);
    return known;
  };
  for (const { name, options } of commands) {
    const words = name.split(' ');
    words.forEach((word, index) => at(words.slice(0, index).join(' ')).add(word));
    for (const option of options) at(name).add(`--${option.name}`);
  }
  return new Map([...next].map(([words, known]) => [words, [...known]]));
}

function bashScript(commands: readonly Command[]): string {
  const cases = [...followers(commands)].map(
    ([words, next]) => `    '${words}') candidates='${next.join(' ')}' ;;`,
  );
  return `_pllan() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words='' word candidates=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) words="\${words:+$words }$word" ;; esac
  done
  case "$words" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o default -F _pllan pllan
`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = ['complete -c pllan -f'];
  for (const { name, about, options } of commands) {
    const words = name.split(' ');
    const last = words.at(-1) as string;
    const before = words.slice(0, -1);
    const when =
      before.length === 0
        ? '__fish_use_subcommand'
        : `__fish_seen_subcommand_from ${before.join('; and __fish_seen_subcommand_from ')}`;
    lines.push(`complete -c pllan -n '${when}' -a ${last} -d '${quoted(about)}'`);
    const inside = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    for (const option of options)
      lines.push(
        `complete -c pllan -n '${inside}' -l ${option.name}${option.kind === 'flag' ? '' : ' -r'} -d '${quoted(option.about)}'`,
      );
  }
  for (const flag of globalFlags) lines.push(`complete -c pllan -l ${flag.slice(2)}`);
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
