/** A gateway whose default model is a provider that the test programs; both are stopped when the test file is done. */
import { afterAll } from 'vitest';
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.js';
import { providerConfig, startMockProvider, type MockProvider, type ProviderCall } from './mock-provider.js';

export interface ProvidedOptions extends GatewayOptions {
  /** What the provider does at first; else it says "Hi there". */
  readonly behaviour?: (call: ProviderCall) => void;
  /** Merged into the provider's entry of the config. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

export interface Provided {
  readonly provider: MockProvider;
  readonly gateway: TestGateway;
}

/**
 * Call it at the top of a test file, or give `onEnd` of a single test. What `config` names beside the provider is
 * added to what `providerConfig` gives.
 */
export async function startWithProvider(
  { behaviour, entry, config, ...options }: ProvidedOptions = {},
  onEnd: (stop: () => Promise<void>) => void = afterAll,
): Promise<Provided> {
  const provider = await startMockProvider(behaviour);
  let gateway: TestGateway | undefined;
  onEnd(async () => {
    await gateway?.stop();
    await provider.stop();
  });
  gateway = await startGateway({
    ...options,
    config: { ...providerConfig(provider.baseUrl, entry), ...config },
  });
  return { provider, gateway };
}
