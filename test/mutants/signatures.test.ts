import type { Mutant } from '../support/mutant-tree.ts';
import { describeMutants } from './describe-mutants.ts';

const find = { file: 'src/signatures/find-signature.ts', test: 'test/signatures/find-signature.test.ts' };
const claims = { ...find, file: 'src/signatures/signed-claims.ts' };
const bundle = { ...find, file: 'src/signatures/sigstore-bundle.ts' };
const verifier = {
  file: 'src/signatures/signature-verifier.ts',
  test: 'test/signatures/signature-verifier.test.ts',
};
const discovery = { test: 'test/signatures/discovery.test.ts' };

const mutants: readonly Mutant[] = [
  {
    ...find,
    fault: 'takes a signature by whatever key',
    find: 'if (await key.verifies(message, signature)) return key;',
    replace: 'if (await key.verifies(message, signature).then(() => true)) return key;',
    title: 'no signature is found by another key: tag',
  },
  {
    ...find,
    fault: 'takes the signature of whatever image',
    find: 'if (digests.includes(digest.text)) return true;',
    replace: 'if (digests.length > 0) return true;',
    title: 'no signature is found of another image: referrer',
  },
  {
    ...find,
    fault: 'takes whatever statement for leave to run an image',
    file: bundle.file,
    find: 'if (predicateType !== signPredicate)',
    replace: 'if (predicateType === undefined)',
    title: 'no signature is found in a bundle that says something else of the image: tag',
  },
  {
    ...bundle,
    fault: 'verifies the statement and not what stands around it',
    find: 'message: preAuthenticationEncoding(statementType, statement)',
    replace: 'message: statement',
    title: 'a signature is found as cosign has bundled it',
  },
  {
    ...find,
    fault: 'takes whatever payload names the digest',
    file: 'src/signatures/simple-signing.ts',
    find: 'if (type !== payloadType)',
    replace: 'if (type === undefined)',
    title: 'no signature is found of another kind of payload: tag',
  },
  {
    ...claims,
    fault: 'reads payloads of any size',
    find: 'const maxPayloadBytes = 1024 * 1024;',
    replace: 'const maxPayloadBytes = Infinity;',
    title: 'no signature is found of a payload over 1 MiB: tag',
  },
  {
    ...claims,
    fault: 'reads any number of signatures',
    find: 'const maxClaims = 100;',
    replace: 'const maxClaims = 10_000;',
    title: 'no signature is found beyond the last 100 of a manifest',
  },
  {
    ...verifier,
    fault: 'remembers a good digest whoever has to have signed it',
    find: 'return JSON.stringify([digest, keys.map(({ fingerprint }) => fingerprint).toSorted()]);',
    replace: 'return JSON.stringify([digest, keys.length]);',
    title: 'the verifier of signatures checks anew when the keys are others',
  },
  {
    ...verifier,
    fault: 'lets an image run when the registry does not say',
    find: '      throw error;\n',
    replace: `      if (error.code.startsWith('SIGNATURE_')) throw error;\n      return keys[0]?.fingerprint ?? '';\n`,
    title: 'the verifier of signatures remembers no failure of the registry',
  },
  {
    fault: 'lets another spelling of the address around a rule',
    file: 'src/signatures/same-registry.ts',
    find: 'port === undefined || defaultPorts.includes(port)',
    replace: 'port === undefined',
    test: 'test/signatures/verify-option.test.ts',
    title: 'asks ghcr.io:443/team/fn for a.pem',
  },
  {
    ...discovery,
    fault: 'takes a mirror without signatures for the registry',
    file: 'src/registry/mirrors/find-attached.ts',
    find: 'if (first !== undefined || last === undefined)',
    replace: 'if (first !== undefined || last === undefined || mirrors.length > 0)',
    title: 'at mirrors first and at the registry, where a mirror has the image alone',
  },
  {
    ...discovery,
    fault: 'takes whatever manifest a registry sends for one that refers to the image',
    file: 'src/registry/attached-content.ts',
    find: 'if (bytes !== undefined) checkContent(target, bytes);',
    replace: '',
    title: 'and a manifest that is not the one that the index names does not count',
  },
  {
    fault: 'hands out an image before its signature is known',
    file: 'src/resolver/resolver.ts',
    find: 'await verifier?.verify({ reference, digest, candidates }, signal);',
    replace: 'verifier?.verify({ reference, digest, candidates }, signal).catch(() => undefined) && undefined;',
    test: 'test/signatures/discovery.test.ts',
    title: 'again after five seconds, where there was none',
  },
];

describeMutants('Signed functions', mutants);
