import { Global, Logger, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DatabaseHealthIndicator } from './database-health-indicator.js';

/** What an app has once, however many connections it has. A module without options exists once in an app. */
@Global()
@Module({ providers: [DatabaseHealthIndicator], exports: [DatabaseHealthIndicator] })
export class DatabaseHostModule implements OnApplicationBootstrap {
  onApplicationBootstrap(): void {
    if (process.listenerCount('SIGTERM') > 0) return;
    new Logger('DatabaseModule').warn(
      'Nobody listens for SIGTERM: requests in flight are cut off and the database is not closed when the process is stopped. ' +
        'Call app.enableShutdownHooks() before app.listen()',
    );
  }
}
