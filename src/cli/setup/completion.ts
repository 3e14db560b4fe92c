/**
 * Scripts that have a shell complete `pllan`: data from the command table in each shell's own words. All go the same way:
 * words that make a command lead on, options and what follows those that take a value are passed over.
 */
import type { Command, OptionSpec } from '../command.js';
import { globalOptions } from '../help.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const everywhere: readonly OptionSpec[] = [
  ...globalOptions,
  { name: 'version', kind: 'flag', about: 'Print the version' },
  { name: 'help', kind: 'flag', about: 'Print what there is, and what it takes' },
];

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const places = placesOf(commands);
  switch (shell) {
    case 'bash':
      return bashScript(places);
    case 'zsh':
      return zshScript(places);
    case 'fish':
      return fishScript(places);
  }
}

/** What may follow the words of a command, or of the beginning of one: `''`, `gateway`, `gateway status`. */
interface Place {
  readonly words: string;
  /** With what they are for; undefined for a word that only leads on. */
  readonly next: ReadonlyMap<string, string | undefined>;
  /** Options whose next word is a value. */
  readonly takesValue: readonly string[];
}

function placesOf(commands: readonly Command[]): readonly Place[] {
  const next = new Map<string, Map<string, string | undefined>>();
  const takesValue = new Map<string, string[]>();
  const at = (words: string): Map<string, string | undefined> => {
    const known = next.get(words) ?? new Map<string, string | undefined>();
    next.set(words, known);
    return known;
  };
  const take = (words: string, options: readonly OptionSpec[]): void => {
    for (const { name, about } of options) at(words).set(`--${name}`, about);
    const texts = options.filter(({ kind }) => kind !== 'flag').map(({ name }) => `--${name}`);
    takesValue.set(words, [...(takesValue.get(words) ?? []), ...texts]);
  };
  take('', everywhere);
  for (const { name, about, options } of commands) {
    const words = name.split(' ');
    words.forEach((word, index) => {
      const before = at(words.slice(0, index).join(' '));
      if (index === words.length - 1) before.set(word, about);
      else if (!before.has(word)) before.set(word, undefined);
    });
    at(name);
    take(name, options);
  }
  for (const shell of shells) next.get('completion')?.set(shell, undefined);
  return [...next].map(([words, known]) => ({
    words,
    next: known,
    takesValue: takesValue.get(words) ?? [],
  }));
}

/** For bash and zsh alike: told the words before the one at the cursor, it sets `candidates`; no words where a value stands. */
function candidatesFunction(places: readonly Place[]): string {
  const values = places.flatMap(({ words, takesValue }) => takesValue.map((name) => `'${words} ${name}'`));
  const global = everywhere.filter(({ kind }) => kind !== 'flag').map(({ name }) => `*' --${name}'`);
  const known = places.filter(({ words }) => words !== '').map(({ words }) => `'${words}'`);
  return `_pllan_candidates() {
  local at='' next=''
  candidates=''
  while [ "$#" -gt 0 ]; do
    case "$at $1" in
      ${[...global, ...values].join('|')})
        shift
        [ "$#" -gt 0 ] || return 0 ;;
      *' -'*) ;;
      *)
        next="\${at:+$at }$1"
        case "$next" in ${known.join('|')}) at="$next" ;; esac ;;
    esac
    shift
  done
  case "$at" in
${places.map(({ words, next }) => `    '${words}') candidates='${[...next.keys()].join(' ')}' ;;`).join('\n')}
  esac
}
`;
}

function bashScript(places: readonly Place[]): string {
  return `${candidatesFunction(places)}_pllan() {
  local candidates
  _pllan_candidates "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _pllan pllan
`;
}

/** Sourced, or in a file of its own on `fpath`, where it is run at the first completion. */
function zshScript(places: readonly Place[]): string {
  return `#compdef pllan
${candidatesFunction(places)}_pllan() {
  local candidates
  _pllan_candidates "\${(@)words[2,CURRENT-1]}"
  if [ -n "$candidates" ]; then compadd -- \${=candidates}; else _files; fi
}
if [ "\${funcstack[1]-}" = _pllan ]; then _pllan "$@"; else compdef _pllan pllan; fi
`;
}

function fishScript(places: readonly Place[]): string {
  const values = places.flatMap(({ words, takesValue }) =>
    takesValue.map((name) => quoted(`${words} ${name}`)),
  );
  const global = everywhere.filter(({ kind }) => kind !== 'flag').map(({ name }) => quoted(`* --${name}`));
  const known = places.filter(({ words }) => words !== '').map(({ words }) => quoted(words));
  const cases = places.map(({ words, next }) => {
    const lines = [...next].map(([word, about]) =>
      about === undefined ? quoted(word) : `${quoted(word)}\\t${quoted(about)}`,
    );
    return `    case ${quoted(words)}\n      printf '%s\\n' ${lines.join(' ')}`;
  });
  return `function __pllan_candidates
  set -l at ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch "$at $word"
      case ${[...global, ...values].join(' ')}
        set skip 1
      case '* -*'
      case '*'
        set -l next (string trim -- "$at $word")
        if contains -- "$next" ${known.join(' ')}
          set at $next
        end
    end
  end
  if test $skip = 1
    __fish_complete_path (commandline -ct)
    return
  end
  switch "$at"
${cases.join('\n')}
  end
end
complete -c pllan -f -a '(__pllan_candidates)'
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
