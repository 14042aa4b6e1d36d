import { type ErrorCode, toRunnerError } from '../core/errors.ts';
import { shownInput } from '../image/quote.ts';
import { parseReference } from '../image/reference.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import type { RegistryAccess } from './registry-access.ts';
import { failed, ok, problem, skipped, warning } from './remark.ts';

/** What `--allowed-registries` and `--verify-images` say, of functions alone: no node looks at them. */
const ofFunctions: ReadonlySet<ErrorCode> = new Set(['REGISTRY_NOT_ALLOWED', 'SIGNATURE_MISSING', 'SIGNATURE_INVALID']);

/** The image of the server inside function pods. */
export function wrapperCheck({ surroundings, options }: Patient, access: RegistryAccess): Check {
  const asked = surroundings.environment['WRAPPER_SERVER_IMAGE'] ?? '';
  const image = shownInput(asked);
  return {
    name: 'wrapper image',
    subject: image,
    timeoutMs: options.resolveTimeoutMs + 5000,
    run: async (signal) => {
      if (asked === '') {
        return [
          problem(
            '',
            'the environment variable WRAPPER_SERVER_IMAGE is not set',
            'Set it to the image of the server inside function pods, or give --runtime=local.',
          ),
        ];
      }
      parseReference(asked);
      const set = ok(image, 'set by WRAPPER_SERVER_IMAGE');
      const wired = await access.open();
      if (typeof wired === 'string') return [set, skipped(image, `it cannot be looked for: ${wired}`)];
      try {
        const { resolution } = await wired.resolver.resolve(asked, { signal });
        return [ok(image, `set by WRAPPER_SERVER_IMAGE, and found: ${resolution.digest}`)];
      } catch (thrown) {
        const { code, message } = toRunnerError(thrown);
        if (ofFunctions.has(code))
          return [set, skipped(image, `not looked at, as a function it would be refused: ${message}`)];
        const seen = failed(image, thrown);
        return [
          set,
          warning(
            image,
            `not found from here: ${message}`,
            seen.fix === '' ? 'Nodes have to find it all the same.' : seen.fix,
          ),
        ];
      }
    },
  };
}
