/**
 * The config tree: every scalar key with its default, format and meaning (config.md §7, §8).
 * Defaults, validation, environment and flag precedence all come from here.
 */
import type convict from 'convict';
import { controlLimits } from '../limits.js';
import { agentDefaultsSchema, type AgentDefaults } from './agent-defaults-schema.js';
import { diagnosticsSchema, type DiagnosticsConfig } from './diagnostics-schema.js';
import { endpointsSchema, type EndpointsConfig } from './endpoints-schema.js';
import { authSchema, type AuthConfig } from './auth-schema.js';
import {
  format,
  headerName,
  headerNames,
  headerValueOrFalse,
  integer,
  ipv4,
  networks,
  oneOf,
  optional,
  text,
  texts,
  truth,
} from './formats.js';
import { cronSchema, type CronConfig } from './cron-schema.js';
import { controlUiSchema, type ControlUiConfig } from './control-ui-schema.js';
import { hooksSchema, type HooksConfig } from './hooks-schema.js';
import { loggingSchema, type LoggingConfig } from './logging-schema.js';
import { messagesSchema, type MessagesConfig } from './messages-schema.js';
import { DEFAULT_PORT, remoteSchema, type RemoteConfig } from './remote-schema.js';
import { sessionSchema, type SessionConfig } from './session-schema.js';
import { tailscaleSchema, type TailscaleConfig } from './tailscale-schema.js';
import { toolsSchema, type ToolsConfig } from './tools-schema.js';
import { tlsSchema, type TlsConfig } from './tls-schema.js';
import { workersSchema, type WorkersConfig } from './workers-schema.js';

export const bindModes = ['auto', 'loopback', 'lan', 'tailnet', 'custom'] as const;
export type BindMode = (typeof bindModes)[number];

export const authModes = ['none', 'token', 'password', 'trusted-proxy'] as const;
export type AuthMode = (typeof authModes)[number];

export { logLevels, type ConsoleStyle, type LogLevel } from './logging-schema.js';

/** The scalar part of the config, complete: nothing inside the gateway fills in a default. */
export interface ConfigTree {
  readonly $schema: string | null;
  readonly meta: { readonly lastTouchedVersion: string | null; readonly lastTouchedAt: string | null };
  readonly gateway: {
    readonly mode: 'local' | 'remote' | null;
    readonly port: number;
    readonly bind: BindMode;
    readonly customBindHost: string | null;
    readonly auth: {
      readonly mode: AuthMode | null;
      readonly token: string | null;
      readonly password: string | null;
      readonly allowTailscale: boolean;
      readonly rateLimit: {
        readonly maxAttempts: number;
        readonly windowMs: number;
        readonly lockoutMs: number;
        readonly exemptLoopback: boolean;
      };
      readonly trustedProxy: {
        readonly userHeader: string | null;
        readonly requiredHeaders: readonly string[];
        readonly allowUsers: readonly string[];
        readonly allowLoopback: boolean;
      };
    };
    readonly trustedProxies: readonly string[];
    readonly allowRealIpFallback: boolean;
    readonly tailscale: TailscaleConfig;
    readonly remote: RemoteConfig;
    readonly nodes: {
      readonly pairing: {
        readonly autoApproveLocal: boolean;
        readonly autoApproveCidrs: readonly string[];
      };
      readonly commands: {
        readonly allow: readonly string[] | null;
        readonly deny: readonly string[] | null;
      };
      readonly allowCommands: readonly string[] | null;
      readonly denyCommands: readonly string[] | null;
    };
    readonly controlUi: ControlUiConfig;
    readonly tls: TlsConfig;
    readonly handshakeTimeoutMs: number;
    readonly channelHealthCheckMinutes: number;
    readonly http: {
      readonly endpoints: EndpointsConfig;
      readonly securityHeaders: { readonly strictTransportSecurity: string | false | null };
    };
    readonly workers: WorkersConfig;
    readonly tools: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  };
  readonly agents: {
    readonly defaults: AgentDefaults;
  };
  readonly auth: AuthConfig;
  readonly messages: MessagesConfig;
  readonly session: SessionConfig;
  readonly tools: ToolsConfig;
  readonly hooks: HooksConfig;
  readonly cron: CronConfig;
  readonly logging: LoggingConfig;
  /** Whether signals and clients may restart the gateway. */
  readonly commands: { readonly restart: boolean };
  readonly diagnostics: DiagnosticsConfig;
}

const bind = format({ type: 'string', enum: bindModes }, (value) => {
  if (typeof value === 'string' && ['0.0.0.0', 'localhost', '127.0.0.1', '::', '::1'].includes(value)) {
    throw new Error(
      `takes a mode, not a host: use "loopback", "lan", "tailnet", "auto", or "custom" with customBindHost`,
    );
  }
  oneOf(bindModes)(value);
});

/** The schema that convict works with; `args` and `env` names are what overrides a file (config.md §9.1). */
export const configSchema: convict.Schema<ConfigTree> = {
  $schema: optional(text, 'Ignored; for editors.'),
  meta: {
    lastTouchedVersion: optional(text, 'Version that last wrote the file.'),
    lastTouchedAt: optional(text, 'When it was written.'),
  },
  gateway: {
    mode: optional(oneOf(['local', 'remote']), 'Must be "local" for a gateway to start from this file.'),
    port: {
      doc: 'The one port: WebSocket, HTTP, web page.',
      default: DEFAULT_PORT,
      format: integer(1, 65_535),
      env: 'PLLAN_GATEWAY_PORT',
      arg: 'port',
    },
    bind: {
      doc: 'Which addresses listen: "lan" is 0.0.0.0, "auto" loopback where that can be bound.',
      default: 'loopback',
      format: bind,
      arg: 'bind',
    },
    customBindHost: optional(ipv4, 'IPv4 address for bind "custom".'),
    auth: {
      mode: {
        ...optional(
          oneOf(authModes),
          'How clients prove themselves; "password" when only that is set, else "token".',
        ),
        arg: 'auth',
      },
      token: { ...optional(text, 'Shared token; then PLLAN_GATEWAY_TOKEN.'), sensitive: true },
      password: { ...optional(text, 'Shared password; then PLLAN_GATEWAY_PASSWORD.'), sensitive: true },
      allowTailscale: {
        doc: 'Let in over WebSocket whom Tailscale Serve on this machine names, without a secret.',
        default: false,
        format: truth,
      },
      rateLimit: {
        maxAttempts: {
          doc: 'Failed credentials of one client before it is locked out.',
          default: 10,
          format: integer(1, 10_000),
        },
        windowMs: { doc: 'Time within which they count.', default: 60_000, format: integer(1, 86_400_000) },
        lockoutMs: { doc: 'How long it is locked out.', default: 300_000, format: integer(1, 86_400_000) },
        exemptLoopback: {
          doc: 'Clients on this machine are slowed down instead of locked out; web pages never are.',
          default: true,
          format: truth,
        },
      },
      trustedProxy: {
        userHeader: optional(headerName, 'Header in which the proxy of mode "trusted-proxy" names the user.'),
        requiredHeaders: {
          doc: 'Headers without which its requests are refused.',
          default: [],
          format: headerNames,
        },
        allowUsers: { doc: 'Users who may connect; all when empty.', default: [], format: texts },
        allowLoopback: {
          doc: 'Believe a proxy on this machine, and with it every local process.',
          default: false,
          format: truth,
        },
      },
    },
    trustedProxies: {
      doc: 'Addresses and networks of proxies that are believed about who their client is.',
      default: [],
      format: networks,
    },
    allowRealIpFallback: {
      doc: 'Believe their X-Real-IP where they send no X-Forwarded-For.',
      default: false,
      format: truth,
    },
    tailscale: tailscaleSchema,
    remote: remoteSchema,
    nodes: {
      pairing: {
        autoApproveLocal: {
          doc: 'Approve devices on this machine that know the secret.',
          default: true,
          format: truth,
        },
        autoApproveCidrs: {
          doc: 'Networks from which new nodes are approved that ask for no scopes.',
          default: [],
          format: networks,
        },
      },
      commands: {
        allow: optional(texts, 'Commands of nodes that may be invoked; when not set, all that are declared.'),
        deny: optional(texts, 'Commands of nodes that may not.'),
      },
      allowCommands: optional(texts, 'Older name of commands.allow.'),
      denyCommands: optional(texts, 'Older name of commands.deny.'),
    },
    controlUi: controlUiSchema,
    tls: tlsSchema,
    handshakeTimeoutMs: {
      doc: 'Time a socket has for its connect request.',
      default: controlLimits.handshakeTimeoutMs,
      format: integer(1, 600_000),
      env: 'PLLAN_HANDSHAKE_TIMEOUT_MS',
    },
    channelHealthCheckMinutes: {
      doc: 'How often channel accounts are looked after that do not work; 0: never.',
      default: 5,
      format: integer(0, 10_080),
    },
    http: {
      endpoints: endpointsSchema,
      securityHeaders: {
        strictTransportSecurity: optional(
          headerValueOrFalse,
          'Value of Strict-Transport-Security, when set.',
        ),
      },
    },
    workers: workersSchema,
    tools: {
      allow: {
        doc: 'Tools that may be called directly, over HTTP and RPC, although that is denied by default.',
        default: [],
        format: texts,
      },
      deny: { doc: 'Tools that may not be called directly.', default: [], format: texts },
    },
  },
  agents: {
    defaults: agentDefaultsSchema,
  },
  auth: authSchema,
  messages: messagesSchema,
  session: sessionSchema,
  tools: toolsSchema,
  hooks: hooksSchema,
  cron: cronSchema,
  logging: loggingSchema,
  commands: {
    restart: { doc: 'Signals and clients may restart the gateway.', default: true, format: truth },
  },
  diagnostics: diagnosticsSchema,
};
