/** Keeps the device's keys in the browser's database, which can hold keys that are never shown. */
import type { DeviceKeys, KeyStore } from './device.js';

const DATABASE = 'pllan';
const TABLE = 'device';
const ENTRY = 'keys';

export function browserKeyStore(): KeyStore {
  return {
    read: () => inTable<DeviceKeys | undefined>('readonly', (table) => table.get(ENTRY)),
    write: async (keys) => void (await inTable('readwrite', (table) => table.put(keys, ENTRY))),
  };
}

async function inTable<T>(
  mode: IDBTransactionMode,
  run: (table: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(TABLE));
  const database = await settled(opening);
  try {
    return await settled(run(database.transaction(TABLE, mode).objectStore(TABLE)));
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the database failed')));
  });
}
