/** What every request to a registry or token service calls itself. */
export const userAgent = 'krm-function-runner';
