/** People who share a session: whose message gives way to that of somebody else is told. */
import { expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/primary/channels/channel.js';
import { waitFor } from '../../support/wait-for.js';
import { inbound } from './support/conversation.js';
import { inGroup, scene } from './support/scene.js';

const at = scene();
const { begin, give, received } = at;

const GAVE_WAY =
  'Somebody else wrote before the answer was ready, so there is none. Please send that again if it still matters.';
const DROPPED =
  'Too many messages were waiting: there is no answer to this one. Please send it again if it still matters.';

const of = (id: string, text: string): InboundMessage =>
  inbound(text, { peer: { kind: 'direct', id }, sender: { id } });

/** What each was told, once there are so many messages, of which long ones are cut. */
async function told(count: number): Promise<readonly string[]> {
  const all = await received(count);
  const chats = [...new Set(all.map((one) => one.slice(0, 3)))].toSorted();
  return chats.map((chat) =>
    all
      .filter((one) => one.startsWith(chat))
      .map((one) => one.slice(3))
      .join(' '),
  );
}

it('whoever is interrupted by somebody else is told, and not by themselves', async () => {
  const chat = begin({ mode: 'interrupt' });
  await give(chat, of('7', 'One'));
  await waitFor('the run', async () => chat.jobs[0]);
  await give(chat, of('7', 'Two'));
  await waitFor('the next', async () => chat.jobs[1]);
  await give(chat, of('8', 'Three'));
  await waitFor('the last', async () => chat.jobs[2]);
  await chat.answer(2, 'Yes?');
  expect(await told(3)).toEqual([GAVE_WAY, 'Yes?']);
});

it('in a group each is somebody of their own', async () => {
  const chat = begin({ mode: 'interrupt' });
  await give(chat, inbound('One', inGroup('g')));
  await waitFor('the run', async () => chat.jobs[0]);
  await give(chat, inbound('Two', inGroup('g', { sender: { id: '8' } })));
  await waitFor('the next', async () => chat.jobs[1]);
  expect(await told(2)).toEqual([GAVE_WAY]);
});

it('whoever has written nothing else that waits is told that their message was dropped', async () => {
  const chat = begin({ cap: 2 });
  await give(chat, of('9', 'First'));
  await waitFor('the run', async () => chat.jobs[0]);
  await give(chat, of('7', 'Seven'));
  for (const text of ['a', 'b', 'c']) await give(chat, of('8', text));
  expect(await told(2)).toEqual([DROPPED]);
  await chat.answer(0, 'Done');
  await chat.answer(1, 'b, and in short Seven and a');
  await chat.answer(2, 'c');
  expect(await told(5)).toEqual([DROPPED, 'b, and in short Seven and a c', 'Done']);
});
