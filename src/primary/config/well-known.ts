/** Providers that everyone knows, with the key variable and address that their own tools use. */
import type { ProviderApi } from '../../shared/routes.js';

interface WellKnownProvider {
  readonly api: ProviderApi;
  readonly key: string;
  readonly baseUrl: string;
  readonly baseUrlVariable: string;
}

export const wellKnown: Readonly<Record<string, WellKnownProvider>> = {
  openai: {
    api: 'openai-completions',
    key: 'OPENAI_API_KEY',
    baseUrl: 'https://api.openai.com/v1',
    baseUrlVariable: 'OPENAI_BASE_URL',
  },
  anthropic: {
    api: 'anthropic-messages',
    key: 'ANTHROPIC_API_KEY',
    baseUrl: 'https://api.anthropic.com',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
  },
};
