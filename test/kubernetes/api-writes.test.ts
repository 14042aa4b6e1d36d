import { expect } from 'chai';
import { withTimeout } from '../../src/core/abort.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import type { ApiError } from '../../src/kubernetes/api-error.ts';
import { configMaps, pods, secrets } from '../../src/kubernetes/resources.ts';
import { MovableClock } from '../registry/transport/movable-clock.ts';
import { apiErrorOf } from '../support/api-behaviour/api-error-of.ts';
import { configMapBody, podBody, secretBody } from '../support/api-behaviour/bodies.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import type { FaultEffect } from '../support/api-double/faults.ts';
import { NotedCounters, NotedLog } from './noted.ts';

const resource = configMaps('functions');

describe('Writes to the API server', () => {
  let double: ApiDouble;
  let api: ApiClient;
  let clock: MovableClock;
  let counters: NotedCounters;
  let log: NotedLog;
  let signal: AbortSignal;

  beforeEach(async () => {
    double = await startApiDouble();
    [clock, counters, log] = [new MovableClock(), new NotedCounters(), new NotedLog()];
    const access = double.access();
    api = new ApiClient({ access, log, counters, clock, random: () => 1, requestTimeoutMs: 1000 });
    signal = AbortSignal.timeout(8000);
  });

  afterEach(async () => {
    await api.close();
    await double.stop();
  });

  const passing: readonly (readonly [string, FaultEffect, number])[] = [
    ['429', { kind: 'status', code: 429 }, 200],
    ['429 with Retry-After, which it honours', { kind: 'status', code: 429, retryAfterSeconds: 7 }, 7200],
    ['500', { kind: 'status', code: 500 }, 200],
    ['503', { kind: 'status', code: 503 }, 200],
    ['504', { kind: 'status', code: 504 }, 200],
    ['a connection that is lost before the request is carried out', { kind: 'lost-request' }, 200],
    ['a connection that is lost after it was carried out', { kind: 'lost-answer' }, 200],
  ];
  for (const [title, effect, delayMs] of passing) {
    it(`are repeated after ${title}`, async () => {
      double.fault({ verb: 'create', effect });
      const made = await api.create(resource, configMapBody('made', { a: '1' }), signal);
      expect(made.data).to.deep.equal({ a: '1' });
      expect(clock.delaysMs).to.deep.equal([delayMs]);
      expect(double.counts()['create configmaps']).to.equal(2);
      expect((await api.list(resource, {}, signal)).items).to.have.length(1);
      const reason = effect.kind === 'status' ? String(effect.code) : 'no answer';
      expect(counters.count(`api_retries ${reason}`)).to.equal(1);
    });
  }

  const final: readonly (readonly [number, string, ApiError['code']])[] = [
    [400, 'BadRequest', 'CLUSTER_REFUSED'],
    [403, 'Forbidden', 'CLUSTER_DENIED'],
    [404, 'NotFound', 'CLUSTER_REFUSED'],
    [409, 'Conflict', 'CLUSTER_REFUSED'],
    [422, 'Invalid', 'CLUSTER_REFUSED'],
    [501, 'NotImplemented', 'CLUSTER_UNAVAILABLE'],
  ];
  for (const [code, reason, errorCode] of final) {
    it(`are not repeated after ${String(code)}`, async () => {
      double.fault({ effect: { kind: 'status', code, reason, message: 'because' } });
      const error = await apiErrorOf(api.create(resource, configMapBody('made', {}), signal));
      expect(error).to.include({ code: errorCode, status: code, reason });
      expect(error.message).to.include(
        `did not create configmaps made in functions: ${String(code)} ${reason} because`,
      );
      expect(double.requests).to.have.length(1);
      expect(counters.seen).to.deep.equal([`api_requests create configmaps ${String(code)}`]);
    });
  }

  it('are given up after the fourth try, with the last answer', async () => {
    double.fault({ times: 9, effect: { kind: 'status', code: 503, reason: 'ServiceUnavailable' } });
    const error = await apiErrorOf(api.create(resource, configMapBody('made', {}), signal));
    expect(error).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 503 });
    expect(clock.delaysMs).to.deep.equal([200, 400, 800]);
  });

  it('do not wait for longer than the caller has time', async () => {
    double.fault({ effect: { kind: 'status', code: 429, retryAfterSeconds: 20 } });
    using bound = withTimeout(undefined, 5000, 'the call');
    const error = await apiErrorOf(api.create(resource, configMapBody('made', {}), bound.signal));
    expect(error).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 429 });
    expect(clock.delaysMs).to.deep.equal([]);
  });

  it('are tried again when no answer comes in time', async () => {
    double.fault({ effect: { kind: 'hang' } });
    api = new ApiClient({ access: double.access(), log, counters, clock, requestTimeoutMs: 50 });
    expect((await api.create(resource, configMapBody('made', {}), signal)).metadata.name).to.equal('made');
    expect(counters.count('api_requests create configmaps 0')).to.equal(1);
  });

  it('do not take what another has made meanwhile for their own', async () => {
    await api.create(resource, configMapBody('made', { by: 'another' }), signal);
    double.fault({ verb: 'create', effect: { kind: 'lost-request' } });
    const error = await apiErrorOf(api.create(resource, configMapBody('made', { by: 'us' }), signal));
    expect(error).to.include({ status: 409, reason: 'AlreadyExists' });
  });

  it('of a version give what they wrote when only the answer was lost', async () => {
    const first = await api.create(resource, configMapBody('made', { a: '1' }), signal);
    double.fault({ verb: 'update', effect: { kind: 'lost-answer' } });
    const second = await api.update(resource, 'made', { ...first.raw, data: { a: '2' } }, signal);
    expect(second.data).to.deep.equal({ a: '2' });
    expect(Number(second.metadata.resourceVersion)).to.equal(Number(first.metadata.resourceVersion) + 1);
  });

  it('that delete know that it was they who did when the answer was lost', async () => {
    await api.create(pods('functions'), podBody('gone'), signal);
    double.fault({ verb: 'delete', effect: { kind: 'lost-answer' } });
    expect(await api.delete(pods('functions'), 'gone', {}, signal)).to.equal(true);
    expect(double.counts()['delete pods']).to.equal(2);
  });

  it('end at once when the caller gives up', async () => {
    double.fault({ effect: { kind: 'hang' } });
    const caller = new AbortController();
    const work = api.create(resource, configMapBody('made', {}), caller.signal).catch((error: unknown) => error);
    caller.abort();
    expect(await work).to.include({ code: 'CANCELLED' });
    expect(double.requests.length).to.be.at.most(1);
  });

  it('show nothing of a Secret, in errors and in the log', async () => {
    const value = Buffer.from('hidden-value').toString('base64');
    const effect = {
      kind: 'status',
      code: 422,
      reason: 'Invalid',
      message: `data: Invalid value: "${value}"`,
    } as const;
    double.fault({ effect });
    const body = secretBody('auth-secret', { key: value });
    const error = await apiErrorOf(api.create(secrets('functions'), body, signal));
    expect(error.message).to.include('did not create secrets auth-secret in functions: 422 Invalid');
    expect([error.message, JSON.stringify(error.details), ...log.lines].join('\n')).to.not.include(value);
    expect(log.lines).to.have.length(1);
  });
});
