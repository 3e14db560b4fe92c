/** `device.pair.*` and `device.token.*` (methods.md §10). Token values are only in the answer that issues one. */
import type { DeviceRegistry } from '../../devices/device-registry.js';
import { withoutTokens } from '../../devices/shown-device.js';
import { holds, mayHear, mayManage } from './device-rights.js';
import { invalidRequest, method, type Method } from './method.js';

export function deviceMethods(devices: DeviceRegistry): readonly Method[] {
  return [
    method({
      name: 'device.pair.list',
      scope: 'operator.pairing',
      summary:
        'Devices that wait for approval and those that have it; a device without `operator.admin` sees its own.',
      answers: '`{pending, paired}`, never with the value of a token.',
      async answer(_params, caller) {
        const { pending, paired } = await devices.list();
        const visible = ({ deviceId }: { readonly deviceId: string }): boolean => mayManage(caller, deviceId);
        return JSON.stringify({
          pending: pending.filter(visible),
          paired: paired.filter(visible).map(withoutTokens),
        });
      },
    }),
    method({
      name: 'device.pair.approve',
      scope: 'operator.pairing',
      summary: 'Lets a device in. Nobody can give scopes that they do not have.',
      answers: '`{requestId, device}`',
      async answer({ requestId }, caller) {
        const request = await devices.pending(requestId);
        if (!request) throw invalidRequest('unknown requestId');
        if (!mayManage(caller, request.deviceId) || !holds(caller, request.scopes ?? []))
          throw invalidRequest('device pairing approval denied');
        const device = await devices.approve(requestId);
        if (!device) throw invalidRequest('unknown requestId');
        return JSON.stringify({ requestId, device: withoutTokens(device) });
      },
    }),
    method({
      name: 'device.pair.reject',
      scope: 'operator.pairing',
      summary: 'Turns a device away.',
      answers: '`{requestId, deviceId}`',
      async answer({ requestId }, caller) {
        const request = await devices.pending(requestId);
        if (!request || !mayManage(caller, request.deviceId) || !(await devices.reject(requestId)))
          throw invalidRequest('unknown requestId');
        return JSON.stringify({ requestId, deviceId: request.deviceId });
      },
    }),
    method({
      name: 'device.pair.remove',
      scope: 'operator.pairing',
      summary: 'Forgets a device; its connections are closed with 4001.',
      answers: '`{deviceId}`',
      async answer({ deviceId }, caller) {
        if (!mayManage(caller, deviceId) || !(await devices.remove(deviceId)))
          throw invalidRequest('unknown deviceId');
        return JSON.stringify({ deviceId });
      },
    }),
    method({
      name: 'device.pair.rename',
      scope: 'operator.pairing',
      summary: 'Gives a device a name.',
      answers: '`{deviceId, label}`',
      async answer({ deviceId, label }, caller) {
        const trimmed = label.trim();
        if (trimmed === '') throw invalidRequest('label required');
        if (!mayManage(caller, deviceId) || !(await devices.rename(deviceId, trimmed)))
          throw invalidRequest('unknown deviceId');
        return JSON.stringify({ deviceId, label: trimmed });
      },
    }),
    method({
      name: 'device.token.rotate',
      scope: 'operator.pairing',
      summary:
        'Gives a device a new token, which only itself and admins are told; its connections are closed with 4001.',
      answers:
        '`{deviceId, role, token, scopes, rotatedAtMs}`; `token` for the device itself and for admins only.',
      async answer({ deviceId, role, scopes }, caller) {
        const denied = invalidRequest('device token rotation denied');
        const device = await devices.paired(deviceId);
        if (!device || !mayManage(caller, deviceId)) throw denied;
        if (!holds(caller, scopes ?? device.approvedScopes)) throw denied;
        const token = await devices.rotate(deviceId, role, scopes);
        if (!token) throw denied;
        return JSON.stringify({
          deviceId,
          role,
          ...(mayHear(caller, deviceId) ? { token: token.token } : {}),
          scopes: token.scopes,
          rotatedAtMs: token.rotatedAtMs,
        });
      },
    }),
    method({
      name: 'device.token.revoke',
      scope: 'operator.pairing',
      summary: "Takes a device's token; its connections are closed with 4001.",
      answers: '`{deviceId, role, revokedAtMs}`',
      async answer({ deviceId, role }, caller) {
        if (!mayManage(caller, deviceId)) throw invalidRequest('device token revocation denied');
        const token = await devices.revoke(deviceId, role);
        if (!token) throw invalidRequest('unknown deviceId/role');
        return JSON.stringify({ deviceId, role, revokedAtMs: token.revokedAtMs });
      },
    }),
  ];
}
