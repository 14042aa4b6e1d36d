/** What the flags leave open about one run of a function. */

/** Beginning and end of stderr that are kept. */
export const maxStderrBytes = 1024 * 1024;

/** Size of /tmp in the sandbox. */
export const tmpBytes = 256 * 1024 * 1024;
