/** The gateway that runs, or whoever has its port instead (cli.md §12, rows 16, 17). */
import { plainText } from '../../output/plain-text.js';
import { recordOf, recordsOf, textOf, textsOf } from '../../record.js';
import { findGateway } from '../../service/running-gateway.js';
import type { PortReport } from '../../status/inspect-port.js';
import { isGatewayCommand } from '../../../shared/instance-lock.js';
import { commandLine } from '../../../shared/process-facts.js';
import type { Check, Finding } from '../finding.js';
import type { Site } from '../site.js';

export const running: Check = {
  section: 'Gateway',
  find(site) {
    const { asked } = site;
    switch (asked.state) {
      case 'misconfigured':
        return [misconfigured(site, asked.error)];
      case 'unreachable':
        return [unreachable(site, asked.error, asked.advice)];
      case 'reached':
        return [
          ...healthFindings(recordOf(asked.answers.health)),
          ...channelFindings(asked.answers.channels),
        ];
    }
  },
};

function misconfigured({ config }: Site, error: string): Finding {
  const isRemote = config.gateway.mode === 'remote' && config.gateway.remote.url === null;
  return {
    code: 'gateway-target',
    level: 'error',
    message: plainText(error),
    advice: isRemote
      ? 'pllan config set gateway.remote.url <wss://…>, or for a gateway on this machine: pllan config set gateway.mode local'
      : 'Commands cannot ask the gateway before that is mended, or they are told: --token',
  };
}

function unreachable({ port, config, context }: Site, error: string, advice: readonly string[]): Finding {
  if (port?.status === 'busy') {
    const holders = port.listeners.map(({ pid, command }) =>
      pid === undefined ? 'another user’s process' : `pid ${pid} (${command ?? '?'})`,
    );
    const holder = [...new Set(holders)].join(', ') || 'a process that cannot be seen';
    return {
      code: 'gateway-no-answer',
      level: 'error',
      message: `Port ${port.port} is in use by ${holder}, which does not let us in: ${plainText(error)}`,
      advice: isOurs(context.paths.stateDir, port)
        ? advice.join(' ') || 'It is the gateway of this state directory: look at pllan logs'
        : whoseAdvice(port),
    };
  }
  if (port === undefined)
    return {
      code: 'gateway-remote-unreachable',
      level: 'error',
      message: `The gateway at ${config.gateway.remote.url ?? '?'} does not answer: ${plainText(error)}`,
      advice: advice.join(' ') || 'Look at it there, and at the tunnel or VPN between.',
    };
  return {
    code: 'gateway-not-running',
    level: 'warn',
    message: 'No gateway is running.',
    advice: 'Start it with: pllan gateway, or as a service: pllan gateway install',
  };
}

/** The gateway that has the lock of this state directory. */
function isOurs(stateDir: string, { listeners }: PortReport): boolean {
  const own = findGateway(stateDir);
  return own !== undefined && listeners.some(({ pid }) => pid === own.pid);
}

function whoseAdvice({ port, listeners }: PortReport): string {
  const elsewhere = 'give this gateway another port: pllan config set gateway.port <port>';
  if (listeners.some(({ command }) => command === 'ssh'))
    return `It is an SSH tunnel: close it, or ${elsewhere}`;
  const isGateway = listeners.some(({ pid }) => pid !== undefined && isGatewayCommand(commandLine(pid)));
  return isGateway
    ? `It is a gateway of another state directory or profile: stop it there, or ${elsewhere}`
    : `It is no gateway: stop it, or ${elsewhere}. Who it is: ss -ltnp 'sport = :${port}'`;
}

function healthFindings(health: Readonly<Record<string, unknown>>): readonly Finding[] {
  const findings: Finding[] = [];
  const loop = recordOf(health.eventLoop);
  if (loop.degraded === true)
    findings.push({
      code: 'gateway-busy',
      level: 'warn',
      message: `The gateway is overloaded: ${textsOf(loop.reasons).join(', ')}.`,
      advice: 'Look at what it does in: pllan logs --follow, and at pllan_* in /metrics.',
    });
  const workers = recordOf(health.workers);
  if (workers.degraded === true || workers.ready === 0)
    findings.push({
      code: 'gateway-workers',
      level: 'error',
      message: `Workers keep dying: ${String(workers.ready)} of ${String(workers.configured)} are ready. HTTP requests fail.`,
      advice: 'pllan logs says why (worker.exit).',
    });
  if (textOf(recordOf(health.configReload).hotReloadStatus) === 'disabled')
    findings.push({
      code: 'gateway-reload-off',
      level: 'warn',
      message:
        'Edits of the config are not noticed: gateway.reload.mode is off, or the file cannot be watched.',
      advice: 'After an edit: pllan gateway restart',
    });
  return findings;
}

/** Accounts that should be connected and are not. */
function channelFindings(channels: unknown): readonly Finding[] {
  const accounts = recordOf(recordOf(channels).channelAccounts);
  return Object.entries(accounts).flatMap(([channel, rows]) =>
    recordsOf(rows).flatMap((row): Finding[] => {
      if (row.enabled !== true || row.configured !== true || row.connected === true) return [];
      const why = textOf(row.lastError);
      return [
        {
          code: 'channel-down',
          level: 'warn',
          message: plainText(
            `Channel ${channel}, account ${textOf(row.accountId) ?? '?'} is not connected${why === undefined ? '' : `: ${why}`}`,
          ),
          advice: 'pllan channels status --probe',
        },
      ];
    }),
  );
}
