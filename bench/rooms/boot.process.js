// @ts-check
// Boots an app and prints when it was ready. Plain JavaScript, so that no loader takes part: node boot.process.js <app> <path>
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const schedule = '/proc/self/schedstat';
/** From here on the apps differ: Nest is loaded, in the same way by all of them. */
const loaded = readClock();
const [app, path = ''] = process.argv.slice(2);

/** @type {Record<string, () => Promise<import('@nestjs/common').DynamicModule['imports']>>} */
const apps = {
  empty: async () => [ConfigModule.forRoot()],
  file: async () => {
    const { DatabaseModule } = await import('nestjs-turso');
    return [ConfigModule.forRoot(), DatabaseModule.forRoot({ url: pathToFileURL(path).href })];
  },
  server: async () => {
    const { DatabaseModule } = await import('nestjs-turso');
    return [ConfigModule.forRoot(), DatabaseModule.forRoot({ url: path })];
  },
  typeorm: async () => {
    const { DataSource } = await import('typeorm');
    const source = new DataSource({ type: 'better-sqlite3', database: path });
    return [ConfigModule.forRoot(), provide(DataSource, () => source.initialize())];
  },
  libsql: async () => {
    const { createClient } = await import('@libsql/client');
    const open = async () => {
      const client = createClient({ url: pathToFileURL(path).href });
      await client.execute('SELECT 1');
      return client;
    };
    return [ConfigModule.forRoot(), provide('CLIENT', open)];
  },
};

/**
 * @param {import('@nestjs/common').InjectionToken} token
 * @param {() => Promise<unknown>} useFactory
 */
function provide(token, useFactory) {
  class ProviderModule {}
  return { module: ProviderModule, providers: [{ provide: token, useFactory }] };
}

/** Since the start of the process; the time in which others had the processors, which Linux keeps count of, stands apart. */
function readClock() {
  const waitedMs = existsSync(schedule) ? Number(readFileSync(schedule, 'utf8').split(' ')[1]) / 1e6 : 0;
  return { ranMs: performance.now() - waitedMs, waitedMs };
}

class AppModule {}
const imports = await apps[app ?? '']?.();
Module({ imports })(AppModule);
const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
const ready = readClock();
await context.close();
console.log(
  JSON.stringify({ readyMs: ready.ranMs, ownMs: ready.ranMs - loaded.ranMs, waitedMs: ready.waitedMs }),
);
process.exit();
