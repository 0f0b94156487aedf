import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseModule, validateDatabaseEnv } from 'nestjs-turso';
import { HealthController } from './health.controller.js';
import { ActivitiesRepository, TasksRepository } from './repositories.js';
import { TasksController } from './tasks.controller.js';
import { TasksService } from './tasks.service.js';

@Module({
  imports: [
    ConfigModule.forRoot({ validate: validateDatabaseEnv }),
    // The URL and the token come from the environment; without any the data lies in ./data/app.db.
    DatabaseModule.forRoot({
      migrations: { directory: fileURLToPath(new URL('./migrations', import.meta.url)) },
    }),
    TerminusModule,
  ],
  controllers: [TasksController, HealthController],
  providers: [TasksService, TasksRepository, ActivitiesRepository],
})
export class AppModule {}
