// @ts-check
// Imports one module into a process that has Nest already, and prints what that took: node import.process.js <module>
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/config';
import '@nestjs/core';

const [name = ''] = process.argv.slice(2);

/** @type {Set<string>} */
const libraries = new Set();
const { dlopen } = process;
process.dlopen = function (module, path, ...rest) {
  libraries.add(String(path));
  return Reflect.apply(dlopen, this, [module, path, ...rest]);
};

const start = performance.now();
await import(name);
const timeMs = performance.now() - start;
console.log(JSON.stringify({ timeMs, natives: libraries.size }));
process.exit();
