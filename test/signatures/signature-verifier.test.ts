import { expect } from 'chai';
import { noCounters } from '../../src/core/counters.ts';
import { RunnerError, toRunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { anonymous, type Candidate } from '../../src/credentials/candidate.ts';
import { digestOf } from '../../src/image/digest.ts';
import { parseReference } from '../../src/image/reference.ts';
import { parsePublicKeys, type VerificationKey } from '../../src/signatures/public-key.ts';
import { Recent } from '../../src/signatures/recent.ts';
import { SignatureVerifier } from '../../src/signatures/signature-verifier.ts';
import { parseVerifyOption } from '../../src/signatures/verify-option.ts';
import { MovableClock } from '../registry/transport/movable-clock.ts';
import { makeSigner, type Signer } from './made-signatures.ts';
import { MemoryHost } from './memory-host.ts';

const digest = digestOf(Buffer.from('an image')).text;
const image = 'registry.example/team/fn:v1';
const login: Candidate = {
  kind: 'login',
  key: 'registry.example',
  login: { kind: 'anonymous' },
  fingerprint: 'joe',
};

describe('the verifier of signatures', () => {
  let host: MemoryHost;
  let signer: Signer;
  let keys: readonly VerificationKey[];
  let clock: MovableClock;
  let verifier: SignatureVerifier;
  let lookups: number;

  beforeEach(() => {
    host = new MemoryHost();
    signer = makeSigner();
    keys = parsePublicKeys(Buffer.from(signer.publicPem), 'a.pem');
    clock = new MovableClock();
    lookups = 0;
    verifier = new SignatureVerifier({
      rules: ['registry.example=a.pem'].map(parseVerifyOption),
      keysOf: async () => Promise.resolve(keys),
      client: { session: () => ({ findAttached: async (look, signal) => look(host, signal) }) },
      timeoutMs: 5000,
      clock,
      log: silentLog,
      counters: noCounters,
    });
  });

  /** By whom it is signed, or the code of the error. */
  async function verify(name = image, candidates: readonly Candidate[] = [anonymous]): Promise<string> {
    const question = {
      reference: parseReference(name),
      digest,
      candidates: async () => {
        lookups += 1;
        return Promise.resolve(candidates);
      },
    };
    return verifier.verify(question, AbortSignal.timeout(5000)).then(
      (file) => (file === undefined ? 'not asked for' : `signed by ${file}`),
      (thrown: unknown) => toRunnerError(thrown).code,
    );
  }

  it('asks nobody about an image that no pattern matches', async () => {
    expect(await verify('elsewhere.example/team/fn')).to.equal('not asked for');
    expect(host.requests).to.deep.equal([]);
    expect(lookups).to.equal(0);
  });

  it('remembers a digest, under whatever name and for whomever it was found signed', async () => {
    host.tag(digest, [signer.simple(digest)]);
    expect(await verify()).to.equal('signed by a.pem');
    const requests = host.requests.length;
    expect(await verify('registry.example/other/name', [login])).to.equal('signed by a.pem');
    expect(host.requests).to.have.length(requests);
    expect(lookups).to.equal(1);
  });

  it('checks anew when the keys are others, and not when they only come in another order', async () => {
    host.tag(digest, [signer.simple(digest)]);
    const [first] = keys;
    const [second] = parsePublicKeys(Buffer.from(makeSigner().publicPem), 'b.pem');
    if (first === undefined || second === undefined) throw new Error('two keys are needed');
    keys = [first, second];
    expect(await verify()).to.equal('signed by a.pem');
    const requests = host.requests.length;
    keys = [second, first];
    expect(await verify()).to.equal('signed by a.pem');
    expect(host.requests).to.have.length(requests);
    keys = [second];
    expect(await verify()).to.equal('SIGNATURE_INVALID');
    keys = [first];
    expect(await verify()).to.equal('signed by a.pem');
  });

  it('remembers a refusal for five seconds, for who asked for that name alone', async () => {
    expect(await verify()).to.equal('SIGNATURE_MISSING');
    host.tag(digest, [signer.simple(digest)]);
    clock.advance(4000);
    expect(await verify()).to.equal('SIGNATURE_MISSING');
    const requests = host.requests.length;
    expect(await verify(image, [login])).to.equal('signed by a.pem');
    expect(host.requests.length).to.be.above(requests);
  });

  it('does not ask for long after a refusal', async () => {
    expect(await verify()).to.equal('SIGNATURE_MISSING');
    host.tag(digest, [signer.simple(digest)]);
    clock.advance(5001);
    expect(await verify()).to.equal('signed by a.pem');
  });

  it('remembers no failure of the registry', async () => {
    host.failure = new RunnerError('UNREACHABLE', 'down');
    expect(await verify()).to.equal('UNREACHABLE');
    host.tag(digest, [signer.simple(digest)]);
    expect(await verify()).to.equal('signed by a.pem');
  });

  it('says how to give a registry longer that does not answer in time', async () => {
    const slow = new SignatureVerifier({
      rules: [parseVerifyOption('a.pem')],
      keysOf: async () => Promise.resolve(keys),
      client: {
        session: () => ({
          findAttached: async (_look, signal) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                reject(toRunnerError(signal.reason));
              });
            }),
        }),
      },
      timeoutMs: 20,
      clock,
      log: silentLog,
      counters: noCounters,
    });
    const question = { reference: parseReference(image), digest, candidates: async () => Promise.resolve([]) };
    const error = toRunnerError(
      await slow.verify(question, AbortSignal.timeout(5000)).catch((thrown: unknown) => thrown),
    );
    expect([error.code, error.message]).to.deep.equal([
      'DEADLINE',
      `looking for the signature of ${image} took longer than 20 ms`,
    ]);
    expect(error.details.hint).to.include('--resolve-timeout');
  });

  it('names image, digest and key files in a refusal, and how to sign', async () => {
    const question = { reference: parseReference(image), digest, candidates: async () => Promise.resolve([]) };
    const error = await verifier.verify(question, AbortSignal.timeout(5000)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RunnerError);
    const { message, details } = toRunnerError(error);
    expect(message).to.equal(
      `registry.example/team/fn@${digest} has no cosign signature, and needs one by a key of a.pem`,
    );
    expect(details).to.deep.include({
      image,
      registry: 'registry.example',
      file: 'a.pem',
      hint: `Sign it: cosign sign --key KEY --use-signing-config=false --tlog-upload=false registry.example/team/fn@${digest}`,
    });
  });
});

describe('the most recent values', () => {
  it('push out those that were not used for longest', () => {
    const recent = new Recent<number>(2);
    recent.set('a', 1);
    recent.set('b', 2);
    expect(recent.get('a')).to.equal(1);
    recent.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => recent.get(key))).to.deep.equal([1, undefined, 3]);
    recent.set('a', 4);
    expect(['a', 'c'].map((key) => recent.get(key))).to.deep.equal([4, 3]);
  });
});
