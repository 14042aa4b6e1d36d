import type { Mutant } from '../../support/mutant-tree.ts';

const command = 'src/image/command.ts';
const config = 'test/image/config.test.ts';

/** 4: what is known of an image, 5: its command. */
export const images: readonly Mutant[] = [
  {
    fault: 'keeps the digest and the entrypoint of a tag for ever (4)',
    file: 'src/resolver/tag-cache.ts',
    find: 'const freshUntilMs = entry.immutable ? Infinity : this.#clock.now() + this.#freshMs;',
    replace: 'const freshUntilMs = Infinity;',
    test: 'test/resolver/tag-life.test.ts',
    title: 'shows a moved tag to the caller after the one that made it known',
  },
  {
    fault: 'runs the tag in the pod, not the digest that was resolved (4)',
    file: 'src/pods/plan/function-spec.ts',
    find: 'settings.pinImageDigest ? pinnedImage(resolution) : requestedImage(resolution, defaultImagePrefix)',
    replace: 'requestedImage(resolution, defaultImagePrefix)',
    test: 'test/pods/plan/function-spec.test.ts',
    title: 'runs fn:v1 by its digest',
  },
  {
    fault: 'fetches an image twice for two first requests (4)',
    file: 'src/resolver/resolver.ts',
    find: 'await this.#flights.run(question.key, signal, async (flight) => this.#askRegistry(question, flight));',
    replace: 'await this.#askRegistry(question, signal);',
    test: 'test/resolver/sharing.test.ts',
    title: 'at the same time cost as much as one',
  },
  {
    fault: 'looks at linux/amd64 alone (4)',
    file: 'src/resolver/find-image.ts',
    find: 'this.#wanted = wanted;',
    replace: `this.#wanted = { ...wanted, os: 'linux', architecture: 'amd64' };`,
    test: 'test/resolver/platform-rows.test.ts',
    title: '[PL28] is the wanted one, without crossing over',
  },
  {
    fault: 'binds pods to amd64, whatever the image is built for (4)',
    file: 'src/pods/plan/architectures.ts',
    find: 'return [...there].toSorted();',
    replace: `return ['amd64'];`,
    test: 'test/pods/plan/architectures.test.ts',
    title: 'is ["arm"] for',
  },
  {
    fault: 'drops CMD when there is an ENTRYPOINT (5)',
    file: command,
    find: '[...config.entrypoint, ...config.cmd]',
    replace: 'config.entrypoint.length > 0 ? config.entrypoint : config.cmd',
    test: config,
    title: '[CB13]',
  },
  {
    fault: 'starts the in-pod server with nothing to run (5)',
    file: command,
    find: `if (program === undefined || program === '') {`,
    replace: 'if (config.entrypoint.length > 1000) {',
    test: config,
    title: '[CB16] is an error for',
  },
];
