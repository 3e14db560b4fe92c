/** What clients can ask about the config file (methods.md §6), apart from the connection that asks. */
import { toError } from '../../shared/to-error.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import { configSchemaAnswer, lookUpSchema } from './config-schema-answers.js';
import { errorOf, writeAsAsked, type WriteResult, type WriteTask } from './config-write.js';
import { readConfig, type ConfigReading, type ReadTask } from './config-reading.js';
import { configSnapshot, type SnapshotRequest } from './config-snapshot.js';

export type ConfigTask =
  | ({ readonly kind: 'get' } & SnapshotRequest)
  | ({ readonly kind: 'write' } & WriteTask)
  | ({ readonly kind: 'read' } & ReadTask)
  | { readonly kind: 'schema' }
  | { readonly kind: 'lookup'; readonly path: string };

/** The payload as JSON text, or why there is none. */
export type ConfigAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: true; readonly result: WriteResult }
  | { readonly ok: true; readonly reading: ConfigReading }
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
      return answered(configSnapshot(task));
    case 'write':
      return { ok: true, result: await writeAsAsked(task) };
    case 'read':
      return { ok: true, reading: readConfig(task) };
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
