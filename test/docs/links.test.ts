/** Links between the pages lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const pages = [
  ...readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .toSorted(),
  ...readdirSync(new URL('docs/', root), { recursive: true }).map((name) => `docs/${String(name)}`),
  'loadtest/README.md',
  'ops/README.md',
].filter((name) => name.endsWith('.md'));

const textOf = (page: URL): string => readFileSync(page, 'utf8').replaceAll(/^```.*?^```$/gms, '');

/** As GitHub makes them of headings. */
function anchorsOf(page: URL): Set<string> {
  const headings = textOf(page).matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

it.each(pages)('those of %s', (name) => {
  const page = new URL(name, root);
  const links = Array.from(textOf(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  const dead = links.filter((link) => {
    if (/^\w+:/.test(link)) return false;
    const to = new URL(link, page);
    const anchor = to.hash.slice(1);
    to.hash = '';
    return !existsSync(to) || (anchor !== '' && !anchorsOf(to).has(anchor));
  });
  expect(dead).toEqual([]);
});
