// @ts-check
// `node --import` of this file lets a child process run lib/ unbuilt.
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
