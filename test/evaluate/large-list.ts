/** A ResourceList of at least that many characters in the block style that most functions write. */
export function largeList(chars: number): string {
  const parts = ['apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n'];
  for (let length = 0, index = 0; length < chars; index += 1) {
    const item = `- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: app-${String(index)}
    annotations:
      internal.config.kubernetes.io/path: 'app/deployment.yaml'
      internal.config.kubernetes.io/index: '${String(index)}'
  spec:
    template:
      spec:
        containers:
        - name: main
          args: ["--flag", "value"]
          command:
          - sh
          - -c
          - |
            echo one

            echo two
`;
    parts.push(item);
    length += item.length;
  }
  return parts.join('');
}
