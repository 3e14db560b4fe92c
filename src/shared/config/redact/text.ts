/** The text of a config file without its secrets, all else as it was; undefined where that is not certain (methods.md §6). */
import { parse, type ValueNode } from '@humanwhocodes/momoa';
import JSON5 from 'json5';
import { isDeepStrictEqual } from 'node:util';
import type { ConfigPath } from '../path.js';
import { parseText } from '../read/source.js';
import { isSecretRef, isSensitive, REDACTED, shownScalar, withoutUrlSecrets } from './sensitive.js';
import { redactConfig } from './value.js';

/** `token: "abc"` in a comment: an older value, or one that was switched off. */
const inComment =
  /(\w{0,40}(?:token|password|secret|api.?key|privateKey)\w{0,40}["']?\s*[:=]\s*)(["']?)(?!["'{[$])[^\s,}\]]+/gi;

export function redactText(text: string): string | undefined {
  try {
    const replaced = redacted(text);
    const wanted = redactConfig(parseText(text));
    return isDeepStrictEqual(parseText(replaced), wanted) ? replaced : undefined;
  } catch {
    return undefined; // nothing is known about a text that cannot be read
  }
}

function redacted(text: string): string {
  const cuts: { readonly start: number; readonly end: number; readonly by: string }[] = [];
  const { body, tokens = [] } = parse(text, { mode: 'json5', ranges: true, tokens: true });
  const walk = (node: ValueNode, path: ConfigPath, within: boolean): void => {
    const sensitive = within || isSensitive(path);
    const [start, end] = node.range ?? [0, 0];
    if (node.type === 'Object') {
      if (node.members.length <= 3 && isSecretRef(JSON5.parse(text.slice(start, end)))) return;
      for (const { name, value } of node.members)
        walk(value, [...path, name.type === 'String' ? name.value : name.name], sensitive);
    } else if (node.type === 'Array') {
      node.elements.forEach(({ value }, index) => walk(value, [...path, index], sensitive));
    } else {
      const value: unknown = node.type === 'String' ? node.value : JSON5.parse(text.slice(start, end));
      const shown = shownScalar(value, sensitive);
      if (!Object.is(shown, value)) cuts.push({ start, end, by: JSON.stringify(shown) });
    }
  };
  walk(body, [], false);
  for (const { type, range } of tokens) {
    if (!type.endsWith('Comment') || !range) continue;
    const [start, end] = range;
    const comment = text.slice(start, end);
    const by = withoutUrlSecrets(comment.replaceAll(inComment, `$1$2${REDACTED}$2`));
    if (by !== comment) cuts.push({ start, end, by });
  }
  cuts.sort((a, b) => a.start - b.start);
  const pieces = cuts.map(({ start, by }, index) => text.slice(cuts[index - 1]?.end ?? 0, start) + by);
  return pieces.join('') + text.slice(cuts.at(-1)?.end ?? 0);
}
