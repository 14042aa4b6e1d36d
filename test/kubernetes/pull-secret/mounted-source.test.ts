import { rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { noCounters } from '../../../src/core/counters.ts';
import { silentLog } from '../../../src/core/log.ts';
import { MountedPullSecretSource } from '../../../src/kubernetes/pull-secret/pull-secret-source.ts';
import { HandClock, refused } from '../../core/mounted-text.ts';
import { dockerConfigJson, mountSecret, type MountedSecret } from '../../support/mounted-secret.ts';

const name = '.dockerconfigjson';
const one = dockerConfigJson({ 'a.io': 'ada:one' });
const two = dockerConfigJson({ 'a.io': 'ada:two' });

describe('mounted source of a pull secret', () => {
  const clock = new HandClock();
  let secret: MountedSecret;
  let source: MountedPullSecretSource;
  let warnings: string[];

  beforeEach(async () => {
    warnings = [];
    secret = await mountSecret({ [name]: one });
    await utimes(join(secret.path, '..data'), 3000, 3000);
    const log = {
      ...silentLog,
      warn: (message: string, values: unknown) => warnings.push(JSON.stringify([message, values])),
    };
    source = new MountedPullSecretSource({ path: secret.file(name), log, counters: noCounters, clock });
  });

  afterEach(async () => secret.remove());

  const later = async (): ReturnType<MountedPullSecretSource['current']> => {
    clock.nowMs += 1000;
    return source.current();
  };
  const text = (content: Awaited<ReturnType<typeof later>>): string | undefined =>
    content?.config.whole.bytes.reveal().toString();

  it('gives the bytes and when they were put there', async () => {
    const content = await later();
    expect(text(content)).to.equal(one);
    expect(content?.swappedAtMs).to.equal(3_000_000);
  });

  it('follows a swap', async () => {
    await later();
    await secret.swap({ [name]: two });
    await utimes(join(secret.path, '..data'), 4000, 4000);
    const content = await later();
    expect(text(content)).to.equal(two);
    expect(content?.swappedAtMs).to.equal(4_000_000);
  });

  it('keeps good content and its time when what comes is malformed', async () => {
    await later();
    await secret.swap({ [name]: '{"auths":' });
    const content = await later();
    expect(text(content)).to.equal(one);
    expect(content?.swappedAtMs).to.equal(3_000_000);
  });

  it('is nothing until the file is there', async () => {
    await rename(join(secret.path, '..data'), join(secret.path, '..gone'));
    expect(await later()).to.be.undefined;
    await rename(join(secret.path, '..gone'), join(secret.path, '..data'));
    expect(text(await later())).to.equal(one);
  });

  it('is an error while it was never good', async () => {
    await secret.swap({ [name]: '{"auths": 1}' });
    expect((await refused(later())).code).to.equal('CFG_SHAPE');
  });

  it('warns of entries that no node can use, once', async () => {
    await secret.swap({ [name]: '{"auths": {"a.io": {"auth": "%"}}}' });
    await later();
    await later();
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('a.io');
  });
});
