import { describeMutants } from './describe-mutants.ts';
import { addresses } from './security/addresses.ts';
import { confines } from './security/confines.ts';
import { content } from './security/content.ts';
import { credentials } from './security/credentials.ts';

/** The security tests, by their number in the table; each defence is taken out, or made to leak, once at least. */
describeMutants('A defence of table 7.2 that is missing', [...addresses, ...credentials, ...content]);

describeMutants('A confine of requests that is missing', confines);
