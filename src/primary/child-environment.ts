/** The environment of workers and other child processes: an allowlist. What is not named here, secrets among it, never reaches them. */

const allowed =
  /^(PATH|HOME|TMPDIR|TEMP|TMP|TZ|LANG|LC_[A-Z]+|SystemRoot|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/;

/** `cluster.fork` adds this to a copy of our own environment, so what is left out is there as `undefined`. */
export function childEnvironment(own: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, allowed.test(name) ? value : undefined]),
  );
}
