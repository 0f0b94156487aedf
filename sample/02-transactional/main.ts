import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DatabaseExceptionFilter } from 'nestjs-turso';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.useGlobalFilters(new DatabaseExceptionFilter());
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(process.env.PORT ?? 3000);

  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  const order = JSON.stringify({ customer: 'Ada', lines: [{ productId: 2, quantity: 1 }] });
  console.log(`
Listening on ${url}. Try, three times:

  curl -X POST ${url}/orders -H 'content-type: application/json' -d '${order}'
  curl ${url}/orders
  curl ${url}/products
`);
}

void bootstrap();
