/** Attachments that no frame has room for (methods.md §3). */
import { expect, it } from 'vitest';
import { methodParams } from '../../../src/primary/control/methods/params.js';
import { attachment, png } from '../../support/images.js';

it('together they may not be too large either', () => {
  const one = attachment(png(6_291_456));
  const sent = { sessionKey: 'main', message: 'Hi', idempotencyKey: 'k', attachments: [one, one, one, one] };
  const read = methodParams['chat.send'].parse(sent);
  expect(read).toMatchObject({
    value: {
      attachments: { ok: false, problem: 'attachment total: exceeds size limit (25165824 > 20971520 bytes)' },
    },
  });
});

it('what begins as a data URL and never ends as one is soon known not to be one', () => {
  const attachments = [{ type: 'image', content: `data:${'a'.repeat(24_000_000)}` }];
  const read = methodParams['chat.send'].parse({
    sessionKey: 'main',
    message: 'Hi',
    idempotencyKey: 'k',
    attachments,
  });
  expect(read).toMatchObject({ value: { attachments: { ok: false } } });
});
