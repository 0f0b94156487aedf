import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DatabaseExceptionFilter } from 'nestjs-turso';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.useGlobalFilters(new DatabaseExceptionFilter());
  // SIGTERM: requests in flight are answered, then the database is closed, then the process ends with 0.
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(process.env.PORT ?? 3000);

  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  console.log(`
Listening on ${url}. Try:

  curl ${url}/health/ready
  curl -X POST ${url}/tasks -H 'content-type: application/json' -d '{"title":"Write the report"}'
  curl -X POST ${url}/tasks/1/complete
  curl ${url}/tasks
  curl ${url}/tasks/1/activities
  curl -X DELETE ${url}/tasks/1
`);
}

void bootstrap();
