import { expect } from 'chai';
import { RunnerError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { WarmUp } from '../../../src/pods/warm-up/warm-up.ts';

class Configuration {
  images: readonly string[] = [];
  #listener: (() => void) | undefined;

  subscribe(listener: () => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  change(images: readonly string[]): void {
    this.images = images;
    this.#listener?.();
  }
}

interface Warmed {
  readonly image: string;
  readonly signal: AbortSignal;
  readonly done: (error?: Error) => void;
}

describe('Warming up', () => {
  let configuration: Configuration;
  let asked: Warmed[];
  let warnings: unknown[];
  let warmUp: WarmUp;

  beforeEach(() => {
    configuration = new Configuration();
    asked = [];
    warnings = [];
    warmUp = new WarmUp({
      images: () => configuration.images,
      onChange: (listener) => configuration.subscribe(listener),
      warm: async (image, signal) =>
        new Promise((resolve, reject) => {
          const done = (error?: Error): void => {
            if (error === undefined) resolve();
            else reject(error);
          };
          signal.addEventListener('abort', () => {
            done(new RunnerError('SHUTTING_DOWN', 'closed'));
          });
          asked.push({ image, signal, done });
        }),
      log: { ...silentLog, warn: (_, values) => warnings.push(values) },
    });
  });

  afterEach(async () => warmUp.close());

  const images = (): readonly string[] => asked.map(({ image }) => image);
  const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('asks for every image once, four at a time', async () => {
    configuration.images = ['a', 'b', 'c', 'd', 'e', 'a'];
    warmUp.start();
    expect(images()).to.deep.equal(['a', 'b', 'c', 'd']);
    asked[0]?.done();
    await settle();
    expect(images()).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('asks again after a change, when the round before has ended', async () => {
    configuration.images = ['a'];
    warmUp.start();
    configuration.change(['a', 'b']);
    configuration.change(['b']);
    expect(images()).to.deep.equal(['a']);
    asked[0]?.done();
    await settle();
    expect(images()).to.deep.equal(['a', 'b']);
  });

  it('logs what cannot be started and goes on', async () => {
    configuration.images = ['a', 'b'];
    warmUp.start();
    asked[0]?.done(new RunnerError('POD_PENDING', 'no node'));
    asked[1]?.done();
    await settle();
    expect(warnings).to.have.length(1);
    configuration.change(['c']);
    expect(images()).to.deep.equal(['a', 'b', 'c']);
  });

  it('ends with close, without a warning', async () => {
    configuration.images = ['a', 'b'];
    warmUp.start();
    await warmUp.close();
    expect(asked.every(({ signal }) => signal.aborted)).to.equal(true);
    expect(warnings).to.have.length(0);
    configuration.change(['z']);
    expect(images()).to.deep.equal(['a', 'b']);
  });
});
