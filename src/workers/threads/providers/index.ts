/** The adapters by the `api` name that the configuration uses. */
import type { ProviderApi } from '../../../shared/routes.js';
import type { Adapter } from './adapter.js';
import { anthropicMessages } from './anthropic-messages.js';
import { echo } from './echo.js';
import { openaiCompletions } from './openai-completions.js';
import { openaiResponses } from './openai-responses.js';

export const adapters: Readonly<Record<ProviderApi, Adapter>> = {
  'openai-completions': openaiCompletions,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  echo,
};
