import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const noFocusedTests = {
  selector:
    'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo)$/], CallExpression[callee.name=/^(fdescribe|fit|xdescribe|xit|xtest)$/]',
  message: 'Every test runs.',
};

const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment is read once, in lib/options.',
};

export default defineConfig(
  globalIgnores(['coverage/', 'dist/', 'dist-sample/']),
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.js'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '.ci/*.mjs', '.*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['lib/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', noEnvironment],
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['@nestjs/*'], message: 'Nest is known to lib/nest only.' }],
          paths: [
            { name: 'node:process', message: 'To import it opens the standard streams: use the global.' },
          ],
        },
      ],
    },
  },
  { files: ['lib/options/*env*.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['lib/nest/**'], rules: { 'no-restricted-syntax': 'off', 'no-restricted-imports': 'off' } },
  // The facts close clients of any make: `close()` of some gives a promise.
  { files: ['lib/testing/contract/**'], rules: { '@typescript-eslint/await-thenable': 'off' } },
  { files: ['lib/cli/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**', 'sample/**', 'bench/**'],
    rules: {
      'no-restricted-syntax': ['error', noFocusedTests],
      // Jest's matchers and caught errors are typed loosely, and a needless async or await is harmless.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/await-thenable': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    // Types are checked where a file asks for it; TypeScript knows the globals.
    rules: { 'no-undef': 'off' },
  },
);
