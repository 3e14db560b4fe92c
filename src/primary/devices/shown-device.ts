/** A device as it is told to others: its tokens without their values (methods.md §10). */
import type { PairedDevice } from '../../shared/store/records.js';

export function withoutTokens({ tokens, ...device }: PairedDevice): object {
  return { ...device, tokens: Object.values(tokens).map(({ token: _secret, ...facts }) => facts) };
}
