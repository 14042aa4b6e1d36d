import { parseKubeconfig } from '../../../src/kubernetes/access/kubeconfig.ts';
import { texts, type Target } from '../target.ts';

export const kubeconfig: Target = {
  name: 'kubeconfig',
  codes: ['CFG_OPTION'],
  corpus: texts(
    'current-context: a\ncontexts:\n- name: a\n  context: {cluster: b, user: c, namespace: d}\nclusters:\n- name: b\n  cluster: {server: "https://x", certificate-authority: ca.pem}\nusers:\n- name: c\n  user: {token: t, exec: {command: ./x, args: [y]}}\n',
    '{"current-context":"a","contexts":[{"name":"a","context":{"cluster":"b"}}],"clusters":[{"name":"b","cluster":{"server":"https://x","proxy-url":"http://p"}}],"users":[]}',
  ),
  tokens: texts(
    'current-context: ',
    'name: ',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    '&a',
    '*a',
    '!!',
    '<<',
    'null',
    '1',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const { cluster, namespace } = parseKubeconfig([{ file: '/config', text: input.toString('utf8') }]);
    const all: readonly unknown[] = [
      cluster.server,
      cluster.caData,
      cluster.caFile,
      cluster.proxyUrl,
      cluster.tlsServerName,
      namespace,
    ];
    if (all.some((value) => typeof value !== 'string')) throw new Error('no text');
  },
};
