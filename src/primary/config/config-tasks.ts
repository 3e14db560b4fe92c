/** What clients can ask about the config file (methods.md §6), apart from the connection that asks. */
import { toError } from '../../shared/to-error.js';
import { readSource } from '../../shared/config/read/source.js';
import { keepLastGood } from '../../shared/config/write/keep.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import { configSchemaAnswer, lookUpSchema } from './config-schema-answers.js';
import {
  errorOf,
  writeAsAsked,
  type NeededSecrets,
  type WriteResult,
  type WriteTask,
} from './config-write.js';
import { packReading, readConfig, type PackedReading, type ReadTask } from './config-reading.js';
import { placeNow, type LivePlace } from './config-place.js';
import { configSnapshot, type SnapshotRequest } from './config-snapshot.js';

/** Of a task that looks at files: their place as the primary knows it. */
type At<Task> = Omit<Task, 'place'> & { readonly place: LivePlace };

export type ConfigTask =
  | ({ readonly kind: 'get' } & At<SnapshotRequest>)
  | ({ readonly kind: 'write' } & At<WriteTask>)
  | ({ readonly kind: 'read' } & At<ReadTask>)
  /** The config that a gateway runs with is the last good one, unless its file is another one already. */
  | { readonly kind: 'keep'; readonly place: LivePlace; readonly revision: string }
  | { readonly kind: 'schema' }
  | { readonly kind: 'lookup'; readonly path: string };

/** The payload as JSON text, or why there is none. */
export type ConfigAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: true; readonly result: WriteResult | NeededSecrets }
  | { readonly ok: true; readonly reading: PackedReading }
  | { readonly ok: false; readonly error: ErrorShape };

export async function doConfigTask(task: ConfigTask): Promise<ConfigAnswer> {
  try {
    return await answerOf(task);
  } catch (caught) {
    return { ok: false, error: errorOf(toError(caught)) };
  }
}

async function answerOf(task: ConfigTask): Promise<ConfigAnswer> {
  switch (task.kind) {
    case 'get':
      return answered(configSnapshot({ ...task, place: placeNow(task.place) }));
    case 'write':
      return { ok: true, result: await writeAsAsked({ ...task, place: placeNow(task.place) }) };
    case 'read':
      return { ok: true, reading: packReading(readConfig({ ...task, place: placeNow(task.place) })) };
    case 'keep': {
      const { path, text, revision } = readSource(placeNow(task.place));
      if (text !== undefined && revision === task.revision) keepLastGood(path, text);
      return answered({});
    }
    case 'schema':
      return answered(configSchemaAnswer());
    case 'lookup': {
      const found = lookUpSchema(task.path);
      return found ? answered(found) : refused('config schema path not found');
    }
  }
}

function answered(payload: object): ConfigAnswer {
  return { ok: true, payload: JSON.stringify(payload) };
}

function refused(message: string): ConfigAnswer {
  return { ok: false, error: { code: 'INVALID_REQUEST', message } };
}
