/** Our own signal ends a call, with its own reason: the server learns of a deadline that is this much later, in milliseconds. */
export const deadlineGraceMs = 500;
