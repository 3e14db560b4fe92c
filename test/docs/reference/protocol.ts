/** The reference part of docs/protocol.md, from what the gateway itself works with. */
import {
  controlLimits,
  deviceLimits,
  largeFrameLimits,
  requestLimits,
  writeLimits,
} from '../../../src/shared/limits.js';
import type { Method } from '../../../src/primary/control/methods/method.js';
import { methodParams } from '../../../src/primary/control/methods/params.js';
import { methodRegistry, type MethodServices } from '../../../src/primary/control/methods/registry.js';
import { rpcErrors } from '../../../src/shared/errors/catalogue.js';
import {
  clientIds,
  clientModes,
  closeCodes,
  closeMeanings,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
} from '../../../src/shared/protocol/constants.js';
import { eventRules, unnumberedEvents, type EventRule } from '../../../src/shared/protocol/events.js';
import { connectParams, requestFrame } from '../../../src/shared/protocol/frames.js';
import { jsonSchemaOf, type JsonSchema } from '../../../src/shared/json-schema.js';
import { code, grouped, kindOf, mayBeEmpty } from './kinds.js';

export function protocolReference(): string {
  return [
    '## Reference',
    '',
    "Lengths are in characters, and a string is not empty unless that is said. Unknown params are refused unless that is said. Names, ids and labels have no control characters; in a session's key they are replaced.",
    '',
    ...frames(),
    ...methods([...methodRegistry(nothing).values()]),
    ...events(),
    ...errors(),
    ...limits(),
  ].join('\n');
}

/** Stands for all that methods work with: they are made, and none is called. */
const nothing = new Proxy(() => nothing, { get: () => nothing }) as unknown as MethodServices;

function frames(): string[] {
  return [
    '### Request',
    '',
    ...fieldTable(jsonSchemaOf(requestFrame.schema)),
    '',
    '### Params of `connect`',
    '',
    `Protocol versions: ${MIN_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}.`,
    '',
    ...fieldTable(jsonSchemaOf(connectParams.schema)),
    '',
    `\`client.id\`: ${clientIds.map((id) => `\`${id}\``).join(', ')}.`,
    '',
    `\`client.mode\`: ${clientModes.map((mode) => `\`${mode}\``).join(', ')}.`,
    '',
  ];
}

function methods(all: readonly Method[]): string[] {
  const unknown = Object.keys(methodParams).filter((name) => !all.some((method) => method.name === name));
  if (unknown.length > 0) throw new Error(`params without a method: ${unknown.join(', ')}`);
  return [
    '### Methods',
    '',
    ...table(
      ['method', 'scope', ''],
      all.map((one) => [`[\`${one.name}\`](#${anchor(one.name)})`, scopeOf(one), one.summary]),
    ),
    '',
    ...all.flatMap(oneMethod),
  ];
}

function oneMethod(method: Method): string[] {
  const { name, advertised, writeLimited, summary, answers } = method;
  const params = jsonSchemaOf(methodParams[name].schema);
  const notes = [
    `Scope: ${scopeOf(method).replace('–', 'none')}.`,
    ...(advertised === false ? ['Not named in `hello-ok`.'] : []),
    ...(writeLimited ? [`At most ${writeLimits.calls} calls in ${writeLimits.windowMs / 1_000} s.`] : []),
    ...(params.additionalProperties === false ? [] : ['Unknown params are ignored.']),
  ];
  return [
    `#### ${name}`,
    '',
    `${summary} ${notes.join(' ')}`,
    '',
    ...fieldTable(params),
    '',
    `Answer: ${answers}`,
    '',
  ];
}

/** What an object may hold, with what is inside of it; fields that have no effect come in one line after the others. */
function fieldTable(schema: JsonSchema): string[] {
  const rows = rowsOf(schema, '');
  const ignored = Object.entries(schema.properties ?? {}).filter(([, field]) => field.ignored);
  const names = ignored.map(([name]) => `\`${name}\``).join(', ');
  return [
    ...(rows.length > 0 ? table(['param', 'type', 'default', ''], rows) : ['No params.']),
    ...(ignored.length > 0 ? ['', `Accepted without effect: ${names}.`] : []),
  ];
}

/** Names that have a line of their own. */
const LONG_ENUM = 7;

function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): string[][] {
  return Object.entries(properties)
    .filter(([, field]) => !field.ignored)
    .flatMap(([name, field]) => {
      const path = prefix + name;
      const given = field.default === undefined ? '' : code(field.default);
      const kind = field.enum && field.enum.length > LONG_ENUM ? 'one of the names below' : kindOf(field);
      const notes = [field.description, mayBeEmpty(field) ? 'May be empty.' : undefined].filter(Boolean);
      return [
        [`\`${path}\``, kind, required.includes(name) ? '**required**' : given, notes.join(' ')],
        ...(field.properties ? rowsOf(field, `${path}.`) : []),
      ];
    });
}

function events(): string[] {
  const rules: [string, EventRule][] = Object.entries(eventRules);
  return [
    '### Events',
    '',
    'Skipped: for a client that does not keep up, which sees a gap in `seq`. The others close its connection instead.',
    '',
    ...table(
      ['event', 'scope', 'to nodes', 'skipped', ''],
      [
        ...Object.entries(unnumberedEvents).map(([name, summary]) => [
          `\`${name}\``,
          '–',
          'yes',
          'no',
          `${summary} It has no \`seq\`.`,
        ]),
        ...rules.map(([name, rule]) => [
          `\`${name}\``,
          scopeOf(rule),
          yes(rule.nodes),
          yes(rule.droppable),
          rule.summary,
        ]),
      ],
    ),
    '',
  ];
}

function errors(): string[] {
  return [
    '### Error codes',
    '',
    ...table(
      ['code', ''],
      Object.entries(rpcErrors).map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '',
    '### Close codes',
    '',
    ...table(
      ['code', ''],
      Object.entries(closeCodes).map(([name, number]) => [
        String(number),
        closeMeanings[name as keyof typeof closeCodes],
      ]),
    ),
    '',
  ];
}

function limits(): string[] {
  const bytes = (count: number): string => `${grouped(count)} bytes`;
  const ms = (count: number): string => `${grouped(count)} ms`;
  return [
    '### Limits',
    '',
    ...table(
      ['what', 'limit'],
      [
        ['A frame before the handshake', bytes(controlLimits.preAuthPayloadBytes)],
        ['A frame after it', bytes(controlLimits.maxPayloadBytes)],
        ['Values in a frame', grouped(largeFrameLimits.values)],
        ['Levels of a frame: lists and objects in one another', grouped(requestLimits.levels)],
        ['Time until `connect`', `${ms(controlLimits.handshakeTimeoutMs)} (\`gateway.handshakeTimeoutMs\`)`],
        ['Sockets of one address before the handshake', grouped(controlLimits.preAuthConnectionsPerIp)],
        ['Frames that wait while `connect` is decided on', grouped(controlLimits.handshakeFrames)],
        ['Frames that wait behind a large one', grouped(controlLimits.queuedFrames)],
        ['Calls that the role may not make, before the close', grouped(controlLimits.callsOutOfRole)],
        ['Unsent bytes of one connection', bytes(controlLimits.maxBufferedBytes)],
        ['Unsent bytes of all connections', bytes(controlLimits.maxBufferedTotalBytes)],
        ['Between two ticks', ms(controlLimits.tickIntervalMs)],
        ['Between the close frame and the end of the connection', ms(controlLimits.closeGraceMs)],
        ['Ids, names, versions', `${grouped(requestLimits.textChars)} characters`],
        ['A message to an agent', `${grouped(requestLimits.messageChars)} characters`],
        ['Age of a device signature', ms(deviceLimits.signatureSkewMs)],
        ['Time in which a device can be approved', ms(deviceLimits.pairingTtlMs)],
      ],
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function scopeOf({ scope, role }: { readonly scope: string | null; readonly role?: string }): string {
  if (role !== undefined) return `role \`${role}\``;
  return scope === null ? '–' : `\`${scope}\``;
}

const yes = (is: boolean): string => (is ? 'yes' : 'no');

/** As GitHub makes it of a heading. */
const anchor = (heading: string): string => heading.replaceAll('.', '').toLowerCase();
