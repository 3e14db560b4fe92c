/**
 * What comes in. A repeat of a message is answered as the message was, and a message that has another's id is refused;
 * that a message is taken once does not hang on what is remembered here, but on its id in its conversation.
 */
import * as v from 'valibot';
import type { ChannelRequest, ChannelResponse } from '../../../shared/channels/requests.js';
import { signedHeaders } from '../../../shared/channels/standard-webhooks.js';
import { compile } from '../../../shared/schema.js';
import type { AccountHost, InboundMessage } from '../channel.js';
import { attachmentOf } from './attachments.js';
import { webhookLimits } from './limits.js';
import { createSeen } from './seen.js';

const { nameChars, attachments, urlChars } = webhookLimits;
const optional = v.exactOptional;
// oxlint-disable-next-line no-control-regex
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(nameChars), v.regex(/^[^\u0000-\u001f\u007f]*$/));

const Message = compile(
  v.strictObject({
    type: optional(v.literal('message')),
    conversation: v.strictObject({
      kind: v.picklist(['direct', 'group', 'channel']),
      id: name,
      threadId: optional(name),
      title: optional(name),
    }),
    sender: v.strictObject({ id: name, name: optional(name), bot: optional(v.boolean()) }),
    text: v.string(),
    mentioned: optional(v.boolean(), false),
    replyToId: optional(name),
    attachments: optional(
      v.pipe(
        v.array(
          v.strictObject({
            url: v.pipe(v.string(), v.maxLength(urlChars), v.regex(/^https?:\/\//i)),
            kind: optional(v.picklist(['image', 'audio', 'video', 'file'])),
            mimeType: optional(name),
            filename: optional(name),
          }),
        ),
        v.maxLength(attachments),
      ),
      [],
    ),
  }),
);
const Ping = compile(v.strictObject({ type: v.literal('ping') }));

type Content = Extract<ReturnType<(typeof Message)['parse']>, { ok: true }>['value'];

export function createInbound(host: AccountHost): (request: ChannelRequest) => Promise<ChannelResponse> {
  const seen = createSeen(host.memory);
  return async ({ headers, body }) => {
    const id = headers[signedHeaders.id] ?? '';
    const value = parsed(body);
    if (Ping.is(value)) return answer(200, { ok: true });
    const message = Message.parse(value);
    if (!message.ok) {
      const [problem] = message.problems;
      return refusal(400, problem ? `${problem.path || 'body'}: ${problem.message}` : 'not a message');
    }
    const sentAt = Number(headers[signedHeaders.timestamp]) * 1000;
    const outcome = await seen.take(id, body, () => host.inbound(messageOf(message.value, id, sentAt)));
    host.alive();
    switch (outcome) {
      case 'taken':
        return answer(200, { ok: true, id });
      case 'repeated':
        return answer(200, { ok: true, id, duplicate: true });
      case 'other':
        return refusal(409, `${signedHeaders.id} is that of another message`);
    }
  };
}

function messageOf(content: Content, id: string, sentAt: number): InboundMessage {
  const { conversation, sender, text, mentioned, replyToId } = content;
  const { title, ...peer } = conversation;
  return {
    id,
    peer,
    sender,
    text,
    mentioned,
    attachments: content.attachments.map((file) => attachmentOf(file)),
    sentAt,
    ...(replyToId === undefined ? {} : { replyToId }),
    ...(title === undefined ? {} : { title }),
  };
}

/** Undefined for what has no JSON value. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function answer(status: number, body: object): ChannelResponse {
  return { status, body: JSON.stringify(body) };
}

function refusal(status: number, error: string): ChannelResponse {
  return answer(status, { ok: false, error });
}
