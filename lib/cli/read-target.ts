import { variablesOf } from '../options/env-options.js';
import { createOptionsEnvironment } from '../options/options-environment.js';
import type { OptionPath } from '../options/option-values.js';
import type { TransferTarget } from '../transfer/transfer-options.js';

/** The address that somebody typed, with what the environment says about getting in. */
export function readTarget(url: string): TransferTarget {
  const env = createOptionsEnvironment(undefined);
  const read = (option: OptionPath): string | undefined => {
    const [variable = ''] = variablesOf(option, undefined);
    const value = env.read(variable);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const tls = {
    ca: read('tls.ca'),
    cert: read('tls.cert'),
    key: read('tls.key'),
    servername: read('tls.servername'),
  };
  const target = {
    url,
    authToken: read('authToken'),
    remoteEncryptionKey: read('remoteEncryptionKey'),
    allowInsecure: read('allowInsecure') === 'true' ? true : undefined,
    tls: withoutUndefined(tls),
  };
  return withoutUndefined(target) as TransferTarget;
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
