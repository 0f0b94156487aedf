import { Inject } from '@nestjs/common';
import { getConnectionToken } from './connection-token.js';

/**
 * Injects a connection: `@InjectConnection('reports') private readonly reports: DatabaseConnection`.
 * @param name left out for the default connection, which its class alone injects too
 */
export function InjectConnection(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getConnectionToken(name));
}
