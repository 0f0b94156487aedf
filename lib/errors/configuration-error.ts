import { DatabaseError } from './database-error.js';

/** A wrong option or variable. The message names it, the shape of its value and the fix; never the value of a secret. */
export class ConfigurationError extends DatabaseError {
  /** @param code libSQL's code where one exists: `URL_INVALID`, `URL_SCHEME_NOT_SUPPORTED`, `URL_PARAM_NOT_SUPPORTED` */
  constructor(message: string, code = 'CONFIGURATION_INVALID', cause?: unknown) {
    super(message, { code, kind: 'configuration', outcome: 'not-applied', cause });
    this.name = 'ConfigurationError';
  }
}
