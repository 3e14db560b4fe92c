/** File names by pattern: `*` and `?` within a name, `**` across folders, `[a-z]`, `{a,b}`. */

/** A pattern without `/` is held to the name alone. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const rooted = pattern.replace(/^\.?\//, '');
  const form = new RegExp(`^${rooted.includes('/') ? '' : '(?:.*/)?'}${sourceOf(rooted)}$`, 's');
  return (path) => form.test(path);
}

function sourceOf(pattern: string): string {
  let source = '';
  let open = 0;
  for (const [part] of pattern.matchAll(/\*\*\/?|\[!?[^\]/]+\]|./gsu)) {
    if (part === '**/') source += '(?:[^/]+/)*';
    else if (part === '**') source += '.*';
    else if (part === '*') source += '[^/]*';
    else if (part === '?') source += '[^/]';
    else if (part.length > 1 && part.startsWith('[')) source += setOf(part);
    else if (part === '{') {
      source += '(?:';
      open += 1;
    } else if (part === '}' && open > 0) {
      source += ')';
      open -= 1;
    } else if (part === ',' && open > 0) source += '|';
    else source += part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  }
  return source + ')'.repeat(open);
}

function setOf(part: string): string {
  const inside = part.slice(1, -1).replaceAll(/[\\[\]^]/g, String.raw`\$&`);
  return inside.startsWith('!') ? `[^/${inside.slice(1)}]` : `[${inside}]`;
}
