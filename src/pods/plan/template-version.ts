import type { PodTemplate, ServiceTemplate } from './pod-template.ts';

/** The templates in force. The same object until one of them changes. */
export interface TemplateVersion {
  readonly template: PodTemplate;
  /** Undefined where pods get no Services. */
  readonly serviceTemplate: ServiceTemplate | undefined;
  /** Hash of the pod template's content. */
  readonly version: string;
  /** Where the pod template is from, like `PodTemplate porch-fn-system/base-pod-template`. */
  readonly source: string;
  /** Whether it is the template of this program: flags decide what another one decides itself. */
  readonly isInline: boolean;
}

export interface PodTemplates {
  /** Asks nobody. @throws {RunnerError} `POD_TEMPLATE` */
  current(): TemplateVersion;
  /** Resolves when the templates are loaded, malformed or not. @throws {RunnerError} `CLUSTER_*` */
  start(): Promise<void>;
  close(): void;
}
