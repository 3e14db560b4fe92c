/**
 * Reads a command line as words, if it is a plain command: a program and its arguments, nothing that a shell would act on.
 * Everything else, however harmless, is not one: operators, expansions, globs, redirections, assignments, comments,
 * escapes, line breaks. A plain command is run from these words without a shell, so that what was judged is what runs.
 */

/** What stands for itself in every shell, outside of quotes. */
const bare = /[A-Za-z0-9_@%+=:,./-]/;
/** What double quotes do not keep a shell from reading. */
const readInDoubleQuotes = /[$`\\!]/;

/** The words, the program first; undefined when it is no plain command. */
export function plainCommand(line: string): readonly string[] | undefined {
  // Line breaks among them; only blanks part words.
  if (/\p{Cc}/u.test(line)) return undefined;
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const end = line.indexOf(char, at + 1);
      const quoted = line.slice(at + 1, end);
      if (end < 0 || (char === '"' && readInDoubleQuotes.test(quoted))) return undefined;
      // A program in quotes is rare, and one with a name that needs them is not what anybody approves at a glance.
      if (words.length === 0) return undefined;
      word = (word ?? '') + quoted;
      at = end;
    } else if (bare.test(char)) {
      word = (word ?? '') + char;
    } else {
      return undefined;
    }
  }
  if (word !== undefined) words.push(word);
  // With an equals sign the first word is, or resembles, an assignment.
  return words[0] === undefined || words[0].includes('=') ? undefined : words;
}
