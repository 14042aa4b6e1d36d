import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AppOverrides } from './app-overrides.ts';
import type { Options } from './config/options.ts';
import { systemClock, type Clock } from './core/clock.ts';
import type { Counters } from './core/counters.ts';
import type { Log } from './core/log.ts';
import { MountedFile } from './core/mounted-file.ts';
import { CredentialSource, type CredentialSourceOptions } from './credentials/credential-source.ts';
import { HelperLogins } from './credentials/helper/helper-logins.ts';
import { Keyring } from './credentials/keyring.ts';
import { LateKeyrings } from './credentials/late-keyrings.ts';
import { hostPlatform, parsePlatform } from './image/platform.ts';
import { RunRegistries } from './image/run-registries.ts';
import { parseCaBundle } from './registry/trust/ca-bundle.ts';
import { RegistryClient } from './registry/client.ts';
import type { RegistryHosts } from './registry/mirrors/host-line.ts';
import { noMirrors } from './registry/mirrors/no-mirrors.ts';
import type { CandidatesOf } from './registry/session.ts';
import { InsecureRegistries } from './registry/trust/hosts.ts';
import { systemRoots } from './registry/trust/system-roots.ts';
import { Transport } from './registry/transport/transport.ts';
import { AllowedRegistries } from './resolver/allowed-registries.ts';
import { type ImageGate, Resolver } from './resolver/resolver.ts';
import { chooseRuntime } from './runtime.ts';
import { wireSignatures } from './wire-signatures.ts';

/** What every wiring function gets beside the flags. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly counters: Counters;
  readonly overrides: AppOverrides;
}

export interface WiredResolver {
  readonly resolver: Resolver;
  /** The parts of the resolver that are asked beside it. */
  readonly credentials: CredentialSource;
  readonly client: RegistryClient;
  /** For the pod runtime to connect: what it knows of pull secrets in the cluster. */
  readonly podSecrets: LateKeyrings;
  close(): Promise<void>;
}

/**
 * Credentials, trust and registry client, as the flags say.
 *
 * @throws {RunnerError} `CFG_*` when a mounted file or a flag cannot be used.
 */
export async function wireResolver(options: Options, surroundings: Surroundings): Promise<WiredResolver> {
  const { environment, log, counters, overrides } = surroundings;
  const { clock = systemClock, lookup, dial, timeouts, random } = overrides;
  const podSecrets = new LateKeyrings();
  const runs = RunRegistries.parse(options.runRegistry);
  const credentials = new CredentialSource({
    secrets: podSecrets,
    file: await mountedKeyring(options, surroundings),
    logins: new HelperLogins({ environment, clock, log, counters }),
    ...(await credentialProviders(options, surroundings)),
    addressesOf: (domain) => runs.addressesOf(domain),
  });
  const mountedCa = await mountedAuthorities(options, surroundings);
  const transport = new Transport({
    mountedCa,
    systemRoots: overrides.systemRoots ?? systemRoots,
    privateTls: options.enablePrivateRegistriesTls,
    plaintextFallback: options.plaintextFallback,
    insecureRegistries: InsecureRegistries.parse(options.insecureRegistries),
    environment,
    ...(lookup && { lookup }),
    ...(dial && { dial }),
    ...(timeouts && { timeouts }),
    ...(random && { random }),
    log,
    counters,
    clock,
  });
  const hosts = await registryHosts(options, surroundings, clock);
  const candidatesOf: CandidatesOf = async (host, signal) => (await credentials.lookup(host, { signal })).candidates;
  const client = new RegistryClient({ transport, log, counters, clock, hosts, candidatesOf });
  const resolver = new Resolver({
    client,
    credentials,
    gate: imageGate(options),
    ...(await wireSignatures(options, surroundings, client)),
    defaultImagePrefix: options.defaultImagePrefix,
    imageCacheTtlMs: options.imageCacheTtlMs,
    resolveTimeoutMs: options.resolveTimeoutMs,
    platform: options.imagePlatform === '' ? hostPlatform() : parsePlatform(options.imagePlatform),
    // The node that a function pod lands on need not be a machine like this one.
    anyPlatform: options.imagePlatform === '' && chooseRuntime(options, environment) === 'pod',
    clock,
    log,
    counters,
  });
  return {
    resolver,
    credentials,
    client,
    podSecrets,
    close: async () => {
      resolver.close();
      await transport.close();
    },
  };
}

/** Either address of a registry is looked up at one, and that is the one that has to be allowed. */
export function imageGate({ runRegistry, allowedRegistries }: Options): ImageGate {
  const runs = RunRegistries.parse(runRegistry);
  const allowed = AllowedRegistries.parse(allowedRegistries);
  return { admit: (reference) => allowed.admit(runs.toResolve(reference)) };
}

async function credentialProviders(
  options: Options,
  surroundings: Surroundings,
): Promise<Pick<CredentialSourceOptions, 'providers'>> {
  if (options.imageCredentialProviderConfig === '') return {};
  const { wireCredentialProviders } = await import('./wire-credential-providers.ts');
  return { providers: await wireCredentialProviders(options, surroundings) };
}

async function registryHosts(options: Options, { log, counters }: Surroundings, clock: Clock): Promise<RegistryHosts> {
  const hosts = await nodeHosts(options, log, clock);
  if (!options.registryClientCertificate) return hosts;
  const { MountedClientCertificate } = await import('./registry/trust/mounted-client-certificate.ts');
  const { CertifiedHosts } = await import('./registry/certified-hosts.ts');
  const folder = options.tlsSecretPath;
  return new CertifiedHosts(hosts, await MountedClientCertificate.open({ folder, log, counters, clock }));
}

async function nodeHosts({ registryHostsDir: directory }: Options, log: Log, clock: Clock): Promise<RegistryHosts> {
  if (directory === '') return noMirrors;
  if (!existsSync(directory)) log.warn('no folder with the registry configuration of the node', { folder: directory });
  const { NodeHosts } = await import('./registry/node-hosts/node-hosts.ts');
  return new NodeHosts({ directory, log, clock });
}

async function mountedKeyring(
  options: Options,
  { log, counters, overrides }: Surroundings,
): Promise<CredentialSourceOptions['file']> {
  if (!options.enablePrivateRegistries) return { current: async () => Promise.resolve(Keyring.empty) };
  const file = new MountedFile<Keyring>({
    paths: [options.registryAuthSecretPath],
    parse: (bytes, path) => {
      const keyring = Keyring.parse(bytes, path);
      for (const warning of keyring.warnings) log.warn('credentials file', { file: path, warning });
      return keyring;
    },
    initial: Keyring.empty,
    kind: 'credentials',
    log,
    counters,
    ...(overrides.clock && { clock: overrides.clock }),
  });
  await file.load();
  if (file.version === 0) {
    log.warn('no credentials file; registries are asked anonymously until it appears', {
      file: options.registryAuthSecretPath,
    });
  }
  return file;
}

async function mountedAuthorities(
  options: Options,
  { log, counters, overrides }: Surroundings,
): Promise<MountedFile<readonly string[]> | undefined> {
  if (!options.enablePrivateRegistriesTls) return undefined;
  const file = new MountedFile<readonly string[]>({
    paths: ['ca.crt', 'ca.pem'].map((name) => join(options.tlsSecretPath, name)),
    parse: (bytes, path) =>
      parseCaBundle(bytes, path, (warning) => {
        log.warn('mounted certificate authorities', { file: path, warning });
      }),
    initial: [],
    kind: 'ca',
    log,
    counters,
    ...(overrides.clock && { clock: overrides.clock }),
  });
  const authorities = await file.load();
  if (authorities.length === 0) log.warn('no mounted certificate authority', { folder: options.tlsSecretPath });
  return file;
}
