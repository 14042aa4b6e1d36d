/** Names that Porch gives the objects in the namespace of function pods. */
export const podTemplateName = 'base-pod-template';
export const serviceTemplateName = 'base-service-template';
