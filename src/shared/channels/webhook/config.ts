/** Keys of `channels.webhook` and its accounts that no other channel has. */
import * as v from 'valibot';
import { about } from '../../schema.js';
import { signingKey } from '../standard-webhooks.js';

const optional = v.exactOptional;

const isPlainHttp = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
};

const secret = v.pipe(
  v.string(),
  v.check((text) => signingKey(text) !== undefined, 'must be text, or whsec_ and a key in base64'),
);

export const webhookKeys = {
  url: optional(
    about(
      'Where answers are sent; an account without it only takes messages.',
      v.pipe(v.string(), v.check(isPlainHttp, 'must be an http or https address without credentials')),
    ),
  ),
  secret: optional(about('Signs requests, both ways: text, or `whsec_` and a key in base64.', secret)),
  previousSecret: optional(
    about('The secret before it, while the other side learns the new one: requests may have either.', secret),
  ),
  timeoutMs: optional(
    about(
      'For a request and its answer (10,000).',
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50_000)),
    ),
  ),
};

const WebhookConfig = v.object(webhookKeys);
export type WebhookConfig = v.InferOutput<typeof WebhookConfig>;
