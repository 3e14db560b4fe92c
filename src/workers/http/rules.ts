/** What one version of the config makes of requests: whom they are let in from, where they go, what they work with. */
import { createHttpGuard, type HttpGuard } from '../../shared/auth/http-guard.js';
import type { CountedSecret } from '../../shared/auth/auth-client.js';
import { securityHeaders } from '../../shared/http/headers.js';
import type { ConfigVersion } from '../config-version.js';
import type { ToolPool } from '../pools/tool-pool.js';
import type { AnswerHeaders } from './exchange.js';
import type { FailedClients } from './failed-clients.js';
import { countedClients, type CountedClients } from './counted-clients.js';
import { createHookGuard } from './hooks/guard.js';
import { createRouter } from './router.js';
import type { Hooks, Route, RouteServices } from './routes/route.js';

export interface Rules {
  readonly services: RouteServices;
  readonly route: (path: string, method: string) => Route | undefined;
  readonly guard: HttpGuard;
  readonly headers: AnswerHeaders;
}

export interface RulesOptions {
  /** The same whatever the config says. */
  readonly services: Omit<RouteServices, keyof ConfigVersion | 'hooks' | 'channelClients'>;
  /** Undefined when there are no tools. */
  readonly toolPool: ToolPool | undefined;
  readonly failedClients: Readonly<Record<CountedSecret, FailedClients>>;
  untrustedProxy(peer: string): void;
}

export function createRules(version: ConfigVersion, options: RulesOptions): Rules {
  const { snapshot } = version;
  const usual = securityHeaders(snapshot.strictTransportSecurity);
  return {
    services: {
      ...options.services,
      ...version,
      hooks: hooksOf(version, options),
      channelClients: clientsOf('channel-auth', version, options),
    },
    route: createRouter(snapshot),
    guard: createHttpGuard({
      policy: snapshot.auth,
      counter: options.failedClients['shared-secret'],
      failed: options.services.metrics.authFailure,
      untrustedProxy: options.untrustedProxy,
    }),
    headers: { usual, last: [...usual, 'Connection', 'close'] },
  };
}

function hooksOf(version: ConfigVersion, options: RulesOptions): Hooks | undefined {
  const { hooks: setup } = version.snapshot;
  return (
    setup && {
      setup,
      guard: createHookGuard({
        credential: setup.credential,
        clients: clientsOf('hook-auth', version, options),
        failed: options.services.metrics.authFailure,
      }),
      pool: options.toolPool,
    }
  );
}

function clientsOf(
  secret: CountedSecret,
  { snapshot }: ConfigVersion,
  { failedClients, untrustedProxy }: RulesOptions,
): CountedClients {
  return countedClients({
    proxies: snapshot.auth.proxies,
    failedClients: failedClients[secret],
    untrustedProxy,
  });
}
