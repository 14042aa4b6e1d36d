/** To be found, to find the user's own files and agents, and to reach the network as we do. */
const names: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'TMPDIR',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'GNUPGHOME',
  'PASSWORD_STORE_DIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
]);

/** What the programs of the clouds are told their account by, workload identities among it. */
const prefixes: readonly string[] = ['AWS_', 'AZURE_', 'GOOGLE_', 'CLOUDSDK_'];

/** The environment of programs that give credentials: of ours what they need, and nothing else. */
export function programEnvironment(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    const isPassed = names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
    if (isPassed && value !== undefined) passed[name] = value;
  }
  return passed;
}
