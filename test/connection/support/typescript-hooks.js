// @ts-check
import { transformFile } from '@swc/core';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @type {import('@swc/core').Options} */
const options = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

/** The sources import each other as `./x.js`. @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  const isOwn = /^(\.|file:)/.test(specifier) && specifier.endsWith('.js') && context.parentURL !== undefined;
  const source = isOwn ? new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL) : undefined;
  return next(source !== undefined && existsSync(source) ? source.href : specifier, context);
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!url.split('?')[0]?.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url.split('?')[0] ?? url), options);
  return { format: 'module', source: code, shortCircuit: true };
}
