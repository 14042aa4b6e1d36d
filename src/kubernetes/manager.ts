/** Field manager of our writes and value of {@link managedByLabel}. */
export const manager = 'krm-function-runner';

/** Label that says who looks after an object. https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const managedByLabel = 'app.kubernetes.io/managed-by';
