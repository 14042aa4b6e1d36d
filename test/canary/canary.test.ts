import { expect } from 'chai';
import { parseServiceFlags } from '../../src/config/options.ts';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { wireResolver } from '../../src/wire-resolver.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { resolveCommand } from '../support/resolve-command.ts';
import { startService } from '../support/service.ts';
import { canaries, entries, secrets } from './canaries.ts';
import { type HostileServers, startHostileServers } from './hostile-servers.ts';
import { leakingLines, leaksIn } from './leaks.ts';
import { printed } from './printed.ts';
import { type Scenario, scenarios } from './scenarios.ts';

describe('no secret is seen when a registry', function () {
  this.timeout(20_000);
  let servers: HostileServers;
  let auth: MountedSecret;
  let tls: MountedSecret;

  beforeEach(async () => {
    servers = await startHostileServers();
    tls = await mountSecret({ 'ca.crt': servers.caPem });
  });

  afterEach(async () => {
    await servers.stop();
    await auth.remove();
    await tls.remove();
  });

  for (const scenario of scenarios) {
    it(`[7.2.14] ${scenario.what}`, async () => {
      auth = await mountSecret({ '.dockerconfigjson': dockerConfig(scenario) });
      scenario.arrange(servers);
      const shown = [await shownByService(), await shownByResolver()].join('\n');
      expect(leakingLines(shown, secrets)).to.deep.equal([]);
      expect(leaksIn(servers.received(), secrets)).to.include.members(scenario.sends.map((kind) => canaries[kind]));
    });
  }

  for (const what of [
    'takes the password',
    'answers 401 and gives the password back',
    'asks for a token, answers 403 and gives the token back',
    'has a token service that gives the identity token back',
    'sends blobs to a storage that answers 403 and gives the signature back',
  ]) {
    for (const output of ['json', 'text'] as const) {
      it(`[7.2.14] ${what}, by the command line with --output ${output}`, async () => {
        const scenario = scenarios.find((candidate) => candidate.what === what) ?? expect.fail(what);
        auth = await mountSecret({ '.dockerconfigjson': dockerConfig(scenario) });
        scenario.arrange(servers);
        const { text } = await resolveCommand([servers.image, ...flags(), '--log-level=5'], output);
        expect(text.length).to.be.above(10);
        expect(leakingLines(text, secrets)).to.deep.equal([]);
      });
    }
  }

  function flags(): readonly string[] {
    return [
      '--enable-private-registries',
      `--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`,
      '--enable-private-registries-tls',
      `--tls-secret-path=${tls.path}`,
      '--image-platform=linux/amd64',
      '--resolve-timeout=2s',
    ];
  }

  function dockerConfig({ credentials }: Scenario): string {
    const entry = entries[credentials];
    return JSON.stringify({ auths: credentials === 'none' ? {} : { [servers.registry.authority]: entry } });
  }

  /** The log at level 5, the metrics and the errors as a client prints them. */
  async function shownByService(): Promise<string> {
    const service = await startService({ flags: flags(), overrides: { clock: new ManualClock() } });
    const answers = [
      await printed(service.resolve(servers.image)),
      await printed(service.evaluate(servers.image, 'kind: ResourceList')),
      await printed(service.porchEvaluate(servers.image, 'kind: ResourceList')),
    ];
    const metrics = await service.metrics();
    await service.stop();
    return [...answers, metrics, ...service.logLines].join('\n');
  }

  /** The error itself with its causes, as a debugger shows it. */
  async function shownByResolver(): Promise<string> {
    const { options } = parseServiceFlags(flags());
    const surroundings = {
      environment: {},
      log: silentLog,
      counters: noCounters,
      overrides: { clock: new ManualClock() },
    };
    const wired = await wireResolver(options, surroundings);
    const shown = await printed(wired.resolver.resolve(servers.image, { signal: AbortSignal.timeout(15_000) }));
    await wired.close();
    return shown;
  }
});
