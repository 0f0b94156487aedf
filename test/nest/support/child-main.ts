import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseConnection, DatabaseModule } from 'nestjs-turso';
import { setTimeout as sleep } from 'node:timers/promises';

@Controller()
class SlowController {
  constructor(private readonly db: DatabaseConnection) {}

  @Get('slow')
  read() {
    return this.db.withTransaction(async () => {
      console.log('in the middle');
      await sleep(300);
      return (await this.db.execute('SELECT 1 AS one')).rows;
    });
  }
}

@Module({
  imports: [DatabaseModule.forRoot({ bootTimeoutMs: 500, shutdownTimeoutMs: 500 })],
  controllers: [SlowController],
})
class AppModule {}

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { abortOnError: false, logger: ['warn', 'error'] });
  // No process.exit() and no hooks of Nest: the process ends when nothing keeps it alive.
  process.once('SIGTERM', () => void app.close());
  await app.listen(0, '127.0.0.1');
  const db = app.get(DatabaseConnection);
  await Promise.all(Array.from({ length: 8 }, () => db.execute('SELECT 1')));
  if (process.env.ABANDON === '1') await db.transaction('write');
  console.log(`listening on ${await app.getUrl()}`);
}

bootstrap().catch((error: Error) => {
  console.log(`failed: ${error.message}`);
  process.exitCode = 3;
});
