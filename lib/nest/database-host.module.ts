import {
  Global,
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { Server } from 'node:http';
import { DatabaseHealthIndicator } from './database-health-indicator.js';
import { RequestsInFlight } from './requests-in-flight.js';

/** Longest time that a shutdown lets the HTTP server listen for the sake of requests in flight, in milliseconds. */
const longestDrainMs = 10_000;

/** What an app has once, however many connections it has. A module without options exists once in an app. */
@Global()
@Module({ providers: [DatabaseHealthIndicator], exports: [DatabaseHealthIndicator] })
export class DatabaseHostModule
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  readonly #health: DatabaseHealthIndicator;
  readonly #adapterHost: HttpAdapterHost;
  #requests: RequestsInFlight | undefined;

  constructor(
    @Inject(DatabaseHealthIndicator) health: DatabaseHealthIndicator,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    this.#health = health;
    this.#adapterHost = adapterHost;
    // Nest calls the hooks of a shutdown in the order of distance: nobody's slow hook may come before readiness changes
    for (const module of modules.values()) {
      if (module.metatype === DatabaseHostModule) module.distance = -Infinity;
    }
  }

  onApplicationBootstrap(): void {
    // an application context has no adapter
    const adapter = this.#adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    this.#requests = new RequestsInFlight(adapter?.getHttpServer() as Server | undefined);
    if (process.listenerCount('SIGTERM') > 0) return;
    new Logger('DatabaseModule').warn(
      'Nobody listens for SIGTERM: requests in flight are cut off and the database is not closed when the process is stopped. ' +
        'Call app.enableShutdownHooks() before app.listen()',
    );
  }

  /** The first hook of a shutdown: requests still run, but a load balancer should send no more. */
  onModuleDestroy(): void {
    this.#health.startDraining();
  }

  /** Behind this hook the server stops listening, and a probe would be refused instead of told that the app is draining. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#requests?.settled(longestDrainMs);
  }
}
