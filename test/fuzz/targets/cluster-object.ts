import { Readable } from 'node:stream';
import { RunnerError } from '../../../src/core/errors.ts';
import { accessReviews } from '../../../src/kubernetes/access-review.ts';
import { configMaps, pods, podTemplates, secrets } from '../../../src/kubernetes/resources.ts';
import { watchEvents } from '../../../src/kubernetes/watch/watch-lines.ts';
import { texts, type Target } from '../target.ts';

const resources = [pods('n'), secrets('n'), configMaps('n'), podTemplates('n'), accessReviews];

/** An event of a watch, with an object of any kind: whatever it holds, it is read or called malformed. */
export const clusterObject: Target = {
  name: 'object of the cluster',
  isJson: true,
  codes: ['CLUSTER_UNAVAILABLE'],
  corpus: texts(
    '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u","resourceVersion":"5","labels":{"a":"b"},"finalizers":["f"],"creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[{"manager":"m"}]},"spec":{"nodeName":"n"},"status":{"phase":"Running","podIP":"10.0.0.1","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"c","ready":true,"restartCount":2,"state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}],"resourceRules":[{"verbs":["*"],"apiGroups":[""],"resources":["pods"]}]},"data":{"a":"YQ=="},"type":"Opaque","template":{"spec":{}}}}',
    '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}',
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}',
  ),
  tokens: texts('{', '}', '[', ']', 'null', '"', ':', ',', '-1', '1e999', '\n'),
  maxBytes: 65_536,
  parse: async (input) => {
    for await (const event of watchEvents(
      Readable.from([input.subarray(0, 7), input.subarray(7), Buffer.from('\n')]),
    )) {
      if (event.kind === 'malformed') throw new RunnerError('CLUSTER_UNAVAILABLE', event.why);
      if (event.kind !== 'put' && event.kind !== 'gone') continue;
      for (const resource of resources) {
        if (resource.parse(event.raw).metadata.name === '') throw new Error('an object without a name');
      }
    }
  },
};
