// @ts-check
export { removeRunFolder as default } from './temp-folder.js';
