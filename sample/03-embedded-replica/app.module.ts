import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseModule } from 'nestjs-turso';
import { ArticlesController } from './articles.controller.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [
    // The URL, the token and the path of the replica come from the environment.
    DatabaseModule.forRoot({
      replica: { path: process.env.DATABASE_REPLICA_PATH ?? './data/replica.db', syncIntervalMs: 1_000 },
      migrations: { directory: fileURLToPath(new URL('./migrations', import.meta.url)), run: 'manual' },
    }),
    TerminusModule,
  ],
  controllers: [ArticlesController, HealthController],
})
export class AppModule {}
