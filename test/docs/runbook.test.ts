/** docs/runbook.md names tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/runbook.md', 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \| (.+) \| (.+) \|$/gm)].map(([, number = '', , proof = '']) => {
  const [files = '', name] = proof.split(' › ');
  return { number, files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file), name };
});

describe('the runbook', () => {
  it('has a row for each of its 51 lines', () => {
    expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: 51 }, (_, n) => n + 1));
  });

  it.each(rows)('$number is proved by $files $name', ({ files, name }) => {
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(file), file).toBe(true);
    if (name !== undefined) expect(readFileSync(files[0] as string, 'utf8')).toContain(`'${name}'`);
  });
});
