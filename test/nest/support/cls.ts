import { jest } from '@jest/globals';

// nestjs-cls is CommonJS and requires Nest, which is ESM: Node can do that, Jest only from Node 24.9 on.
for (const name of [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/core/errors/exceptions/unknown-dependencies.exception',
  '@nestjs/core/injector/injector',
]) {
  const module = (await import(name)) as object;
  jest.mock(name, () => module);
}

export const cls = await import('nestjs-cls');
export const transactional = await import('@nestjs-cls/transactional');
