/**
 * A network for tests, in which names lead where the test says: `PLLAN_TEST_NETWORK` of a gateway that was started with
 * `PLLAN_TEST_HOOKS=1`.
 */
import { isPublicAddress } from '../../../shared/net/address-ranges.js';
import type { Network } from '../../../shared/net/guarded-fetch.js';

interface Described {
  /** Addresses that count as public. */
  readonly public: readonly string[];
  /** Of a name, one list of addresses for each time that it is resolved, the last one for all after it. */
  readonly hosts: Readonly<Record<string, readonly (readonly string[])[]>>;
}

export function parseTestNetwork(text: string): Network {
  const described = JSON.parse(text) as Described;
  const times = new Map<string, number>();
  return {
    resolve(host) {
      const answers = described.hosts[host] ?? [];
      const n = times.get(host) ?? 0;
      times.set(host, n + 1);
      return Promise.resolve(answers[Math.min(n, answers.length - 1)] ?? []);
    },
    isAllowedAddress: (address) => described.public.includes(address) || isPublicAddress(address),
  };
}
