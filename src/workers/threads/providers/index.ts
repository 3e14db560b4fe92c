/** The adapters by the `api` name that the configuration uses. */
import type { ProviderRoute } from '../../../shared/routes.js';
import type { Adapter } from './adapter.js';
import { echo } from './echo.js';
import { openaiCompletions } from './openai-completions.js';

export const adapters: Readonly<Record<ProviderRoute['api'], Adapter>> = {
  'openai-completions': openaiCompletions,
  echo,
};
