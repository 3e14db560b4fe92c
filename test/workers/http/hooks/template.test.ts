import { expect, it } from 'vitest';
import { render, type TemplateValues } from '../../../../src/workers/http/hooks/template.js';

const values: TemplateValues = {
  payload: {
    a: { b: 'deep' },
    list: [{ x: 1 }, [true]],
    zero: 0,
    none: null,
    path: 'own',
    'with space': 's',
  },
  headers: { 'x-a.b': 'dotted', host: 'here' },
  query: { q: 'asked' },
  path: 'forge/push',
  now: '2026-01-01T00:00:00.000Z',
};

it.each([
  ['{{payload.a.b}} {{ a.b }}', 'deep deep'],
  ['{{payload.list[0].x}}{{list[1][0]}}{{list.0.x}}', '1true1'],
  ['{{payload.a}}', '{"b":"deep"}'],
  ['{{payload.zero}}|{{payload.none}}|{{payload.absent.more}}|{{payload.list[7]}}', '0|||'],
  ['{{headers.HOST}} {{headers.X-A.b}}', 'here dotted'],
  ['{{query.q}} {{path}} {{now}}', 'asked forge/push 2026-01-01T00:00:00.000Z'],
  ['{{payload.path}} {{path.more}}', 'own '],
  ['{{payload.with space}}', 's'],
  ['{{__proto__}}{{constructor.name}}{{payload.toString}}{{headers.constructor}}{{query.__proto__}}', ''],
  ['{{payload.a.b.length}}', ''],
  ['{{}} {{ }} {{[0]}} {{.}}', '   '],
  ['{payload.a} {{payload.a', '{payload.a} {{payload.a'],
  ['{{{payload.a.b}}}', '{deep}'],
])('%s', (template, text) => {
  expect(render(template, values)).toBe(text);
});

it('values are not templates', () => {
  expect(render('{{payload.t}}', { ...values, payload: { t: '{{now}} $& $1' } })).toBe('{{now}} $& $1');
});

it('a template that has no end is read in time', () => {
  expect(render('{'.repeat(200_000), values)).toHaveLength(200_000);
  expect(render('{{'.repeat(100_000) + '}'.repeat(100_000), values).length).toBeGreaterThan(0);
});

it('what becomes longer than a message may be is refused', () => {
  const payload = { long: 'x'.repeat(100_000) };
  expect(() => render('{{long}}'.repeat(11), { ...values, payload })).toThrow('more than 1048576 characters');
});
