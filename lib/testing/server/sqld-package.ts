/** The version that everything in this package was measured with (it calls itself 0.24.32). */
export const sqldVersion = '0.24.1-pre.42';

/** The libSQL server as published on npm, one package per platform, each pinned by its content. */
export const sqldIntegrities: Readonly<Record<string, string>> = {
  'linux-x64':
    'sha512-e9irTAj9+IsOa9394ydo2dHgo8MqnPSy79rpSP1B1gj+ikP5IWEJK6IfJV5H/FSBlxCniasri0t2VPIwbgn9rg==',
  'linux-arm64':
    'sha512-5FIZJvrJfVvEj1Z6jUQdUZHRtEIKbH0ZHWf7tYC2qiNXSh+nX+r6yxXugGsPYYjWGHO5rwjSyyzQJjdbxHp0Hw==',
  'darwin-arm64':
    'sha512-jdkw1prkhU2ALF7j62NzL3XWVCnxQ0nbJOLb9oHwLAkb6OHvhVynjfVZFSajEyAqv5YYWqRm/Kyi1u/wfy5gA==',
  'darwin-x64':
    'sha512-lOl2mN0Dm8GpoM+7BfodORwN+wdccxEWchmYeavFjm5403Y51myECjlfj3zBwv3wGGMjJHxF+Z00EjzAOJfHEA==',
};
