/** A kubeconfig file with one context. JSON, which is YAML too. Shapes: Kubernetes `v1 Config`. */
export function kubeconfig(o: {
  readonly server: URL;
  readonly caFile: string;
  readonly token: string;
  /** Of the context; default: none. */
  readonly namespace?: string;
}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: o.server.origin, 'certificate-authority': o.caFile } }],
    users: [{ name: 'test', user: { token: o.token } }],
    contexts: [
      {
        name: 'test',
        context: { cluster: 'test', user: 'test', ...(o.namespace !== undefined && { namespace: o.namespace }) },
      },
    ],
  });
}
