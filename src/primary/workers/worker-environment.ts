/** The environment of workers: an allowlist. What is not named here, secrets among it, never reaches them. */

const allowed =
  /^(PATH|HOME|TMPDIR|TEMP|TMP|TZ|LANG|LC_[A-Z]+|SystemRoot|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/;

/** For `cluster.fork`, which adds this to a copy of our own environment: `undefined` leaves a variable out. */
export function workerEnvironment(own: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, allowed.test(name) ? value : undefined]),
  );
}
