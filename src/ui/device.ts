/** Who this browser is to the gateway: an Ed25519 key of its own, which no script can read (protocol.md §8). */

/** What is kept; a private key that cannot be taken out of it. */
export interface DeviceKeys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface KeyStore {
  read(): Promise<DeviceKeys | undefined>;
  write(keys: DeviceKeys): Promise<void>;
}

export interface Device {
  readonly id: string;
  readonly publicKey: string;
  /** Signature of the text, as the gateway wants it. */
  sign(text: string): Promise<string>;
}

/** @throws when this browser has no such keys, as on pages that came without HTTPS from another machine */
export async function openDevice(store: KeyStore): Promise<Device> {
  if (!globalThis.crypto?.subtle)
    throw new Error('This page must be opened by HTTPS or on localhost: elsewhere browsers have no keys.');
  const { subtle } = crypto;
  let keys = await store.read();
  if (!keys) {
    keys = await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    await store.write(keys);
  }
  const { privateKey, publicKey } = keys;
  const raw = await subtle.exportKey('raw', publicKey);
  const digest = new Uint8Array(await subtle.digest('SHA-256', raw));
  return {
    id: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    publicKey: base64url(raw),
    sign: async (text) => base64url(await subtle.sign('Ed25519', privateKey, new TextEncoder().encode(text))),
  };
}

function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
