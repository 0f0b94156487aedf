import type { ConfigurationError } from '../errors/configuration-error.js';

/** Makes the error about a URL; `problem` is the end of a sentence that starts with the name of its variable or option. */
export type UrlErrorFactory = (problem: string, code: string) => ConfigurationError;
