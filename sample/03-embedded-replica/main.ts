import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DatabaseConnection, DatabaseExceptionFilter } from 'nestjs-turso';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.useGlobalFilters(new DatabaseExceptionFilter());
  app.enableShutdownHooks([], { useProcessExit: true });
  // Migrations need the primary; without it the app starts on what the replica has.
  await app
    .get(DatabaseConnection)
    .applyMigrations()
    .catch((error: Error) => console.warn(`Not migrated: ${error.message}`));
  await app.listen(process.env.PORT ?? 3000);

  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  console.log(`
Listening on ${url}. Try:

  curl -X POST ${url}/articles -H 'content-type: application/json' -d '{"title":"Hello"}'
  curl ${url}/articles/1
  curl ${url}/articles
  curl ${url}/health/lag

Then stop the database and ask again.
`);
}

void bootstrap();
