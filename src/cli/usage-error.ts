/** A wrong command line: exit code 2. */
import { HeadwaterError, type ErrorParts } from '../errors.ts'

/** `invalid`, code `usage`: the words of the command line don't make sense, whatever the files hold. */
export class UsageError extends HeadwaterError {
  constructor(parts: Omit<ErrorParts, 'code'>) {
    super('invalid', { code: 'usage', ...parts })
  }
}
