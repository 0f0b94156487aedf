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

/** Calls of every kind that wait while the server hangs; the last words of the process say how many have settled. */
function startCalls(db: DatabaseConnection): void {
  const calls = [
    db.execute('SELECT 1'),
    db.execute('CREATE TABLE IF NOT EXISTS waiting (a)'),
    db.batch(['SELECT 1'], 'write'),
    db.executeMultiple('SELECT 1'),
    db.withTransaction((tx) => tx.execute('SELECT 1')),
    db.transaction('write').then((tx) => tx.execute('SELECT 1')),
    db.ping(),
  ];
  let settled = 0;
  for (const call of calls) call.catch(() => undefined).finally(() => settled++);
  process.on('exit', () => console.log(`settled ${settled} of ${calls.length}`));
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
  if (process.env.DATABASE_ON_UNAVAILABLE === undefined) {
    await Promise.all(Array.from({ length: 8 }, () => db.execute('SELECT 1')));
  }
  if (process.env.ABANDON === '1') await db.transaction('write');
  process.once('SIGUSR2', () => {
    startCalls(db);
    console.log('calls started');
  });
  console.log(`listening on ${await app.getUrl()}`);
}

bootstrap().catch((error: Error) => {
  console.log(`failed: ${error.message}`);
  process.exitCode = 3;
});
