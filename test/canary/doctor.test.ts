import { expect } from 'chai';
import { parseServiceFlags } from '../../src/config/options.ts';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { Patient } from '../../src/doctor/patient.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { doctor } from '../doctor/doctor-command.ts';
import { canaries, entries, secrets } from './canaries.ts';
import { type HostileServers, startHostileServers } from './hostile-servers.ts';
import { leakingLines, leaksIn } from './leaks.ts';
import { scenarios } from './scenarios.ts';

describe('no secret is seen in what doctor says', function () {
  this.timeout(20_000);
  let servers: HostileServers;

  beforeEach(async () => {
    servers = await startHostileServers();
  });

  afterEach(async () => servers.stop());

  for (const scenario of scenarios) {
    it(`[7.2.14] of a registry that ${scenario.what}`, async () => {
      const auths =
        scenario.credentials === 'none' ? {} : { [servers.registry.authority]: entries[scenario.credentials] };
      const auth = await mountSecret({ '.dockerconfigjson': JSON.stringify({ auths }) });
      const tls = await mountSecret({ 'ca.crt': servers.caPem });
      scenario.arrange(servers);
      const shown = await shownBy([
        '--enable-private-registries',
        `--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`,
        '--enable-private-registries-tls',
        `--tls-secret-path=${tls.path}`,
        '--resolve-timeout=2s',
        '--image-store=/tmp',
      ]);
      await auth.remove();
      await tls.remove();
      expect(shown.length).to.be.above(500);
      expect(leakingLines(shown, secrets)).to.deep.equal([]);
      expect(leaksIn(servers.received(), secrets)).to.include.members(scenario.sends.map((kind) => canaries[kind]));
    });
  }

  it('[7.2.14] of an image and a proxy that hold one by mistake', async () => {
    const images = [
      `user:${canaries.userInfo}@registry.example.com/fn:v1`,
      `registry.example.com/fn:v1?sig=${canaries.signature}`,
    ];
    const env = { HTTPS_PROXY: `http://user:${canaries.proxyPassword}@127.0.0.1:9` };
    const { text } = await doctor(['--runtime=local', ...images], env);
    expect(leakingLines(text, secrets)).to.deep.equal([]);
  });

  async function shownBy(flags: readonly string[]): Promise<string> {
    const { options } = parseServiceFlags(flags);
    const surroundings = { environment: { PATH: '/no' }, log: silentLog, counters: noCounters, overrides: {} };
    const about = { given: new Set<string>(), faults: [], warnings: [], images: [servers.image], nowMs: Date.now() };
    const findings: unknown[] = [];
    const patient: Patient = { options, ...about, runtime: 'local', surroundings };
    for await (const finding of examine(patient, AbortSignal.timeout(15_000))) findings.push(finding);
    return JSON.stringify(findings);
  }
});
