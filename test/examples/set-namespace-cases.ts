/** YAML without the indentation that it has for looks. */
function yaml(parts: TemplateStringsArray): string {
  const text = parts.join('').replace(/^\n/, '');
  const indentation = /^ */.exec(text)?.[0] ?? '';
  return text.replaceAll(new RegExp(`^${indentation}`, 'gm'), '');
}

/** What becomes of each kind of resource when the namespace is to be `new`. */
export const resourceCases: readonly {
  readonly title: string;
  readonly before: string;
  /** `moved`: every `old` is `new`; `unchanged`; or the text that is wanted. */
  readonly outcome: string;
}[] = [
  {
    title: 'replaces the namespace, and leaves comments and style where they are',
    before: yaml`
      apiVersion: v1
      kind: Service
      metadata:
        name: "a" # the name
        # where it lives
        namespace: old # for now
      spec:
        ports:
          - port: 0x50`,
    outcome: 'moved',
  },
  {
    title: 'adds a missing namespace below the name',
    before: yaml`
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: a
        labels:
          app: a`,
    outcome: yaml`
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: a
        namespace: new
        labels:
          app: a`,
  },
  {
    title: 'replaces the namespace of a custom resource',
    before: yaml`
      apiVersion: custom.io/v1
      kind: Custom
      metadata:
        name: a
        namespace: old`,
    outcome: 'moved',
  },
  {
    title: 'adds no namespace to a custom resource without one: it may be cluster-scoped',
    before: yaml`
      apiVersion: custom.io/v1
      kind: Custom
      metadata:
        name: a`,
    outcome: 'unchanged',
  },
  {
    title: 'renames a Namespace',
    before: yaml`
      apiVersion: v1
      kind: Namespace
      metadata:
        name: old`,
    outcome: 'moved',
  },
  {
    title: 'leaves a ClusterRole alone',
    before: yaml`
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata:
        name: a`,
    outcome: 'unchanged',
  },
  {
    title: 'leaves a StorageClass alone',
    before: yaml`
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata:
        name: a`,
    outcome: 'unchanged',
  },
  {
    title: 'changes the service accounts of a ClusterRoleBinding, not its users',
    before: yaml`
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata:
        name: a
      subjects:
        - kind: User
          name: u
        - kind: ServiceAccount
          name: s
          namespace: old`,
    outcome: 'moved',
  },
  {
    title: 'changes a RoleBinding and its service accounts',
    before: yaml`
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata:
        name: a
        namespace: old
      subjects:
        - kind: ServiceAccount
          name: s
          namespace: old`,
    outcome: 'moved',
  },
  {
    title: 'changes the conversion webhook of a CustomResourceDefinition',
    before: yaml`
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: a
      spec:
        conversion:
          strategy: Webhook
          webhook:
            clientConfig:
              service:
                name: s
                namespace: old`,
    outcome: 'moved',
  },
  {
    title: 'leaves a CustomResourceDefinition without a conversion webhook alone',
    before: yaml`
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: a
      spec:
        group: b`,
    outcome: 'unchanged',
  },
  {
    title: 'changes the service of an APIService',
    before: yaml`
      apiVersion: apiregistration.k8s.io/v1
      kind: APIService
      metadata:
        name: a
      spec:
        service:
          name: s
          namespace: old`,
    outcome: 'moved',
  },
  {
    title: 'leaves an APIService without a service alone',
    before: yaml`
      apiVersion: apiregistration.k8s.io/v1
      kind: APIService
      metadata:
        name: a
      spec:
        group: b`,
    outcome: 'unchanged',
  },
  {
    title: 'leaves local configuration alone',
    before: yaml`
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a
        namespace: old
        annotations:
          config.kubernetes.io/local-config: "true"`,
    outcome: 'unchanged',
  },
  {
    title: 'leaves a Kptfile alone',
    before: yaml`
      apiVersion: kpt.dev/v1
      kind: Kptfile
      metadata:
        name: a`,
    outcome: 'unchanged',
  },
  {
    title: 'leaves alone what a resource depends on outside of the package',
    before: yaml`
      apiVersion: v1
      kind: Secret
      metadata:
        name: a
        namespace: new
        annotations:
          config.kubernetes.io/depends-on: apps/namespaces/old/Deployment/other`,
    outcome: 'unchanged',
  },
  {
    title: 'leaves a number as it is written',
    before: yaml`
      apiVersion: v1
      kind: Secret
      metadata:
        name: a
        namespace: new
      mode: 0440
      ratio: 1e3
      big: 12345678901234567890`,
    outcome: 'unchanged',
  },
];
