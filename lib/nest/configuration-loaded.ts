import type { ModulesContainer } from '@nestjs/core';

/** The provider of `ConfigModule` (4 and 12) that is done when all its `load` functions are. */
const loaderToken = 'CONFIGURATION_LOADER';

/**
 * Waits for the `load` functions of the app's `ConfigModule`. `ConfigService` can be injected before an asynchronous one has answered,
 * and would then say that `DATABASE_URL` is not set: the app would run on another database than its configuration names.
 * @throws what such a function throws
 */
export async function configurationLoaded(modules: ModulesContainer): Promise<void> {
  // Nest has begun to make every provider before it calls the first factory
  for (const module of modules.values()) {
    const error = await module.providers.get(loaderToken)?.settlementSignal?.asPromise();
    if (error !== undefined) throw error as Error;
  }
}
