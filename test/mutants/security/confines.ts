import type { Mutant } from '../../support/mutant-tree.ts';

const certificates = 'test/registry/transport/shown-certificates.test.ts';
const allowed = 'test/resolver/allowed-registries.test.ts';

/** Beyond the table: whom a client certificate is shown to, and which registries are asked at all. */
export const confines: readonly Mutant[] = [
  {
    fault: 'shows its certificate to whoever has not proved to be the registry',
    file: 'src/registry/trust/host-tls.ts',
    find: `tls.clientFor === 'host' || isVerified(step) ? tls.clientCertificates : []`,
    replace: 'tls.clientCertificates',
    test: certificates,
    title: 'is not shown to a registry whose certificate nobody verified, by --insecure-registries',
  },
  {
    fault: 'shows its certificate to whomever an unproven registry names',
    file: 'src/registry/transport/hop.ts',
    find: 'isVerified(registry.step) ? forTokenService(tls)',
    replace: 'isVerified(registry.step) || tls ? forTokenService(tls)',
    test: certificates,
    title: 'is not shown to the token service that such a registry names',
  },
  {
    fault: 'shows its certificate to mirrors',
    file: 'src/registry/certified-hosts.ts',
    find: `host.identity === 'origin' ?`,
    replace: `host.identity !== undefined ?`,
    test: certificates,
    title: 'is not shown to a mirror',
  },
  {
    fault: 'shows its certificate to the target of a redirect',
    file: 'src/registry/transport/hop.ts',
    find: `{ kind: 'redirect', endpoint, path,`,
    replace: `{ kind: 'redirect', endpoint: withTls(endpoint, hop.endpoint.tls), path,`,
    test: certificates,
    title: 'is not shown to another host that the registry redirects to',
  },
  {
    fault: 'compares the text of allowed paths only',
    file: 'src/image/image-pattern.ts',
    find: `pattern.matches(segments[index] ?? '')`,
    replace: `pattern.matches((segments[index] ?? '').slice(0, 4))`,
    test: allowed,
    title: 'has an image of elsewhere refused to ResolveImage before anybody is asked',
  },
  ...['Evaluate', 'EvaluateFunction', 'ResolveImage with refresh'].map((call): Mutant => ({
    fault: `lets ${call} past --allowed-registries`,
    file: 'src/resolver/allowed-registries.ts',
    find: 'if (this.#patterns.length === 0 ||',
    replace: 'if (this.#patterns.length >= 0 ||',
    test: allowed,
    title: `has an image of elsewhere refused to ${call} before anybody is asked`,
  })),
  {
    fault: 'lists the tags of any registry',
    file: 'src/resolver/resolver.ts',
    find: 'async open(image: string, asker: Asker): Promise<S> {\n    const reference = this.#admitted(image);',
    replace:
      'async open(image: string, asker: Asker): Promise<S> {\n    const reference = parseReference(image, { defaultImagePrefix: this.#options.defaultImagePrefix });',
    test: allowed,
    title: 'holds for the command tags',
  },
  {
    fault: 'gives mirrors the login of the registry',
    file: 'src/registry/session.ts',
    find: `host.identity === 'origin' ? this.#candidates`,
    replace: `host.identity !== undefined ? this.#candidates`,
    test: 'test/registry/mirrors/settings.test.ts',
    title: '[MR11] gives a mirror no credentials but those for its own host',
  },
  {
    fault: 'believes whatever a mirror sends under a digest',
    file: 'src/registry/content/content-digest.ts',
    find: 'if (pinned !== undefined && digest.text !== pinned.text) throw wrongDigest(pinned.text, digest.text);',
    replace: 'if (pinned !== undefined) return pinned;',
    test: 'test/registry/mirrors/fallback.test.ts',
    title: '[MR11] that lies about a manifest is reported by its digest',
  },
  {
    fault: 'waits for a slow mirror for 5 s',
    file: 'src/registry/session.ts',
    find: 'const mirrorPatienceMs = 1500;',
    replace: 'const mirrorPatienceMs = 5000;',
    test: 'test/registry/mirrors/fallback.test.ts',
    title: '[MR11] that never answers costs at most 2 s',
  },
];
