/**
 * Where coverage is collected, if it is. Taken out of the environment here: Node would put it into that of every child
 * process, also where a test says exactly which variables there are. `program.ts` gives it to the children that count.
 */
export const coverageFolder = process.env['NODE_V8_COVERAGE'];
delete process.env['NODE_V8_COVERAGE'];
