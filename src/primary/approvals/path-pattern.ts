/**
 * Patterns for paths of programs: `*` and `?` within one part of the path, `**` as a part of its own for any number of
 * them. Both matchers go back to the last star only, so that no pattern takes more than length times length.
 */

/** @param home stands for a leading `~` */
export function matchesPath(pattern: string, path: string, home: string): boolean {
  const absolute = pattern.startsWith('~/') ? `${home}${pattern.slice(1)}` : pattern;
  const matches = (part: string, of: string): boolean =>
    matchesWith(part.split(''), of.split(''), '*', sameChar);
  return matchesWith(absolute.split('/'), path.split('/'), '**', matches);
}

function sameChar(pattern: string, char: string): boolean {
  return pattern === '?' || pattern === char;
}

function matchesWith<T>(
  pattern: readonly T[],
  items: readonly T[],
  star: T,
  same: (pattern: T, item: T) => boolean,
): boolean {
  let at = 0;
  let next = 0;
  let lastStar = -1;
  let resumeAt = 0;
  while (at < items.length) {
    const wanted = pattern[next];
    if (wanted === star) {
      lastStar = next;
      resumeAt = at;
      next += 1;
    } else if (wanted !== undefined && same(wanted, items[at] as T)) {
      at += 1;
      next += 1;
    } else if (lastStar >= 0) {
      resumeAt += 1;
      at = resumeAt;
      next = lastStar + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(next).every((rest) => rest === star);
}
