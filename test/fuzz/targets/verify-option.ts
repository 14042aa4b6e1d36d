import { parseVerifyOption } from '../../../src/signatures/verify-option.ts';
import { texts, type Target } from '../target.ts';

export const verifyOption: Target = {
  name: '--verify-images',
  codes: ['CFG_OPTION'],
  corpus: texts('ghcr.io/team=a.pem', '*.example.com:5000/*/fn=/keys/a.pem,/keys/b.pem', 'cosign.pub', '=a=b.pem'),
  tokens: texts('=', ',', '*', '/', ':', '@', '://', '[', ']', '?', '.', '..', ' ', 'A'),
  maxBytes: 4096,
  parse: (input) => {
    const { files } = parseVerifyOption(input.toString());
    if (files.length === 0 || files.includes('')) throw new Error('it names no file');
  },
};
