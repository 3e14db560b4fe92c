/** Keys of `channels.telegram` and its accounts that no other channel has. */
import * as v from 'valibot';
import { about } from '../../schema.js';

/** The form of values that Telegram gives or takes; also those that come out of a secret ref are held against it. */
export const botTokenForm = /^[\w:-]{1,256}$/;
export const webhookSecretForm = /^[\w-]{1,256}$/;

const address = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\//i.test(text) && URL.canParse(text) && !/[?#]/.test(text),
    'must be an http or https address without query',
  ),
);

export const parseModes = ['markdown', 'html', 'plain'] as const;
export type ParseMode = (typeof parseModes)[number];

export const telegramKeys = {
  botToken: v.exactOptional(
    about(
      "The bot's token, as @BotFather tells it.",
      v.pipe(
        v.string(),
        v.check((text) => botTokenForm.test(text), "must be a bot's token, as @BotFather tells it"),
      ),
    ),
  ),
  apiRoot: v.exactOptional(
    about('Another server of the Bot API than https://api.telegram.org, such as one of your own.', address),
  ),
  webhookUrl: v.exactOptional(
    about(
      'Where Telegram reaches this gateway from outside, without path: it then sends messages to `/channels/telegram/<account>` instead of being asked for them.',
      address,
    ),
  ),
  webhookSecret: v.exactOptional(
    about(
      'What Telegram shows with each request to prove where it comes from; needed with `webhookUrl`. 1 to 256 letters, digits, `_` and `-`.',
      v.pipe(
        v.string(),
        v.check(
          (text) => webhookSecretForm.test(text),
          'must have 1 to 256 letters, digits, "_" and "-" and nothing else',
        ),
      ),
    ),
  ),
  streaming: v.exactOptional(about('Answers are shown while they are written (false).', v.boolean())),
  parseMode: v.exactOptional(
    about(
      "How answers are shown: their Markdown as Telegram's formatting (`markdown`), as Telegram's own HTML (`html`), or as they are (`plain`).",
      v.picklist(parseModes),
    ),
  ),
  linkPreview: v.exactOptional(
    about('Whether Telegram shows a preview of the first link (true).', v.boolean()),
  ),
};

const TelegramConfig = v.object(telegramKeys);
export type TelegramConfig = v.InferOutput<typeof TelegramConfig>;
