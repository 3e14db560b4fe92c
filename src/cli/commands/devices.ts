/** `pllan devices …`: who may connect, who wants to, and their tokens (cli.md §14, methods.md §10). */
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { withDeviceGateway, type DeviceGateway } from '../devices/device-gateway.js';
import { choiceLines, deviceLines } from '../devices/human.js';
import { deviceName, readDeviceList, type WaitingDevice } from '../devices/listed.js';
import { recordOf, textOf, textsOf } from '../record.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

/** What a command found out: the answer for programs, lines for people. */
interface Finding {
  readonly answer: unknown;
  readonly lines: readonly string[];
}

type DeviceCommand = (
  gateway: DeviceGateway,
  options: ParsedOptions,
  context: CommandContext,
) => Promise<Finding>;

interface CommandRules {
  /** Looks at the options before anyone is asked. @throws UserError */
  check?(options: ParsedOptions): void;
  /** The store of a gateway that does not run will do. */
  readonly offline?: boolean;
}

/** One connection, one finding, in the form that was asked for. */
function command(run: DeviceCommand, { check, offline = false }: CommandRules = {}): CommandHandler {
  return async (options, context) => {
    check?.(options);
    const { answer, lines } = await withDeviceGateway(
      await gatewayAccess(options, context),
      (gateway) => run(gateway, options, context),
      offline ? context.withStoredDevices : undefined,
    );
    if (options.flag('json')) context.output.document(answer);
    else context.output.print(...lines.map(context.output.advice));
    return 0;
  };
}

export const devicesList = command(
  async ({ ask, ownId }, _options, { output }) => {
    const answer = await ask('device.pair.list', {});
    const view = { ownId, nowMs: Date.now() };
    return { answer, lines: deviceLines(readDeviceList(answer), view, output.style) };
  },
  { offline: true },
);

export const devicesApprove = command(
  async (gateway, options) => {
    const requestId = options.arg('requestId') ?? (await chooseRequest(gateway, options.flag('latest')));
    const answer = await gateway.ask('device.pair.approve', { requestId });
    const device = recordOf(recordOf(answer).device);
    return { answer, lines: [`Approved ${deviceName(device)} (device ${textOf(device.deviceId) ?? '?'}).`] };
  },
  {
    check(options) {
      if (options.arg('requestId') !== undefined && options.flag('latest'))
        throw new UserError('Use either a request id or --latest.');
    },
    offline: true,
  },
);

/** Nobody is approved unseen: without `--latest` the choice is shown instead. @throws UserError */
async function chooseRequest({ ask, ownId }: DeviceGateway, latest: boolean): Promise<string> {
  const { pending } = readDeviceList(await ask('device.pair.list', {}));
  // This very command may have asked for itself a moment ago: it is rarely what is meant.
  const isOther = ({ deviceId }: WaitingDevice): boolean => deviceId !== ownId;
  const newest = pending.find(isOther) ?? pending[0];
  if (!newest) throw new UserError('No device waits for approval.');
  if (latest) return newest.requestId;
  throw new UserError('Which request? Name one, or pass --latest for the newest.', [
    ...choiceLines(pending, { ownId, nowMs: Date.now() }),
    `Approve: pllan devices approve ${newest.requestId}`,
  ]);
}

export const devicesReject = command(async ({ ask }, options) => {
  const requestId = options.requiredArg('requestId');
  const answer = await ask('device.pair.reject', { requestId });
  return { answer, lines: [`Rejected request ${requestId}.`] };
});

export const devicesRemove = command(async (gateway, options) => {
  const deviceId = options.requiredArg('deviceId');
  return { answer: await remove(gateway, deviceId), lines: [`Removed device ${deviceId}.`] };
});

export const devicesRename = command(async ({ ask }, options) => {
  const deviceId = options.requiredArg('deviceId');
  const label = options.requiredArg('label');
  const answer = await ask('device.pair.rename', { deviceId, label });
  return { answer, lines: [`Device ${deviceId} is now called ${label}.`] };
});

export const devicesRotate = command(
  async ({ ask, ownId, ownTokenChanged }, options) => {
    const deviceId = options.requiredArg('deviceId');
    const role = requireRole(options);
    const scopes = options.list('scope');
    const answer = await ask('device.token.rotate', {
      deviceId,
      role,
      ...(scopes.length > 0 ? { scopes } : {}),
    });
    const token = textOf(recordOf(answer).token);
    const granted = textsOf(recordOf(answer).scopes);
    const isOwn = deviceId === ownId;
    if (isOwn) ownTokenChanged(role, token === undefined ? undefined : { token, scopes: granted });
    const lines = [
      `Device ${deviceId} has a new ${role} token (${granted.join(', ') || 'no scopes'}); its connections are closed.`,
    ];
    // Only this answer holds it, and the device has no other way to get it when it does not know the secret.
    if (token !== undefined && !isOwn) lines.push(`Token: ${token}`);
    return { answer, lines };
  },
  { check: requireRole },
);

export const devicesRevoke = command(
  async ({ ask, ownId, ownTokenChanged }, options) => {
    const deviceId = options.requiredArg('deviceId');
    const role = requireRole(options);
    const answer = await ask('device.token.revoke', { deviceId, role });
    if (deviceId === ownId) ownTokenChanged(role);
    return { answer, lines: [`The ${role} token of device ${deviceId} is revoked.`] };
  },
  { check: requireRole },
);

export const devicesClear = command(
  async (gateway, options) => {
    const { pending, paired } = readDeviceList(await gateway.ask('device.pair.list', {}));
    const rejected = options.flag('pending') ? pending.map(({ requestId }) => requestId) : [];
    for (const requestId of rejected) await gateway.ask('device.pair.reject', { requestId });
    // This device last: the connection is its own.
    const isOwn = (deviceId: string): number => Number(deviceId === gateway.ownId);
    const removed = paired.map(({ deviceId }) => deviceId).toSorted((a, b) => isOwn(a) - isOwn(b));
    for (const deviceId of removed) await remove(gateway, deviceId);
    const lines = [`Removed ${removed.length} paired ${removed.length === 1 ? 'device' : 'devices'}.`];
    if (options.flag('pending'))
      lines.push(`Rejected ${rejected.length} pending ${rejected.length === 1 ? 'request' : 'requests'}.`);
    return { answer: { removed, rejected }, lines };
  },
  {
    check(options) {
      if (!options.flag('yes'))
        throw new UserError('Refusing to remove every paired device without --yes.', [
          'Show them: pllan devices list',
        ]);
    },
  },
);

async function remove({ ask, ownId, ownTokenChanged }: DeviceGateway, deviceId: string): Promise<unknown> {
  const answer = await ask('device.pair.remove', { deviceId });
  if (deviceId === ownId) ownTokenChanged('operator');
  return answer;
}

function requireRole(options: ParsedOptions): string {
  const role = options.text('role')?.trim();
  if (role) return role;
  throw new UserError('--role is needed: whose token, "operator" or "node"?');
}
