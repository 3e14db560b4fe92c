import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { httpErrors } from '../../src/shared/errors/catalogue.js';

const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

it.each(Object.values(httpErrors))(
  'docs/http-api.md lists $status $type, and whether to retry',
  ({ status, type, retryable }) => {
    const rows = page.split('\n').filter((line) => line.startsWith(`| ${status} | \`${type}\` |`));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.endsWith(retryable ? '| yes |' : '| no |')).toBe(true);
  },
);
