// The import map (floors), the ban on clocks and randomness, and the rules that catch real errors.
import eslint from '@eslint/js'
import boundaries from 'eslint-plugin-boundaries'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

// Floors, lowest first. A folder may import from floors below its own: never from its own floor, never from above.
const floors = [
  ['record'],
  ['codec', 'kafka'],
  ['source', 'state', 'sink'],
  ['operator'],
  ['job', 'savepoint'],
  ['handoff'],
  ['bootstrap', 'live', 'repair'],
  ['cli'],
]

// What the floors alone would allow, and the architecture does not.
const apart = {
  operator: ['source', 'sink'], // an operator is handed its state and knows neither where records come from nor go to
  savepoint: ['operator', 'job'], // data at rest is read without user code
}

const folders = floors.flat()
const below = floor => floors.slice(0, floor).flat()
const library = below(floors.length - 1) // all but the command line

const folder = types => ({ element: { types: { anyOf: types } } })
const rootFile = category => ({ file: { categories: category } })

const floorPolicies = floors.flatMap((names, floor) =>
  names.map(name => {
    const allowed = below(floor).filter(other => !(apart[name] ?? []).includes(other))
    const targets = [rootFile('for-all')]
    if (allowed.length > 0) targets.push(folder(allowed))
    if (name === 'cli') targets.push(rootFile('index'))
    return {
      from: { element: { type: name } },
      allow: { to: targets },
    }
  }),
)

const boundariesConfig = {
  plugins: { boundaries },
  settings: {
    'import/resolver': { typescript: { project: 'tsconfig.json' } },
    'boundaries/include': ['src/**/*'],
    'boundaries/legacy-templates': false,
    'boundaries/dependency-nodes': ['import', 'dynamic-import', 'export', 'require'],
    'boundaries/additional-dependency-nodes': [
      { selector: 'TSImportType Literal', kind: 'type', name: 'import-type' },
    ],
    'boundaries/elements': folders.map(name => ({ type: name, pattern: `src/${name}`, partialMatch: false })),
    'boundaries/files': [
      { category: 'for-all', pattern: 'src/{errors,clock}.ts' },
      { category: 'index', pattern: 'src/index.ts' },
    ],
  },
  rules: {
    'boundaries/no-unknown-files': 'error',
    'boundaries/no-unknown-dependencies': 'error',
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        checkUnknownLocals: true,
        message:
          'Imports only go down the floors listed in eslint.config.js: {{from.file.path}} may not import {{to.file.path}}.',
        policies: [
          ...floorPolicies,
          { from: rootFile('index'), allow: { to: [rootFile('for-all'), folder(library)] } },
          { from: rootFile('for-all'), allow: { to: rootFile('for-all') } },
        ],
      },
    ],
  },
}

// Clocks, timers and randomness: src/clock.ts alone reads them, so that everything else can be repeated.
const useClock = 'only src/clock.ts may use this: take a Clock as an argument'
const timerNames = ['setTimeout', 'setInterval', 'setImmediate']
const randomNames = [
  'randomUUID',
  'randomBytes',
  'randomInt',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
]
const clockModules = ['perf_hooks', 'timers', 'timers/promises']
const bothNames = names => names.flatMap(name => [name, `node:${name}`])
const ban = (what, selector) => ({ selector, message: `${what}: ${useClock}` })

const clockBans = {
  'no-restricted-globals': [
    'error',
    ...['performance', ...timerNames].map(name => ({ name, message: useClock })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: useClock },
    { object: 'Math', property: 'random', message: useClock },
    { object: 'process', property: 'uptime', message: useClock },
    { object: 'AbortSignal', property: 'timeout', message: useClock },
    ...['hrtime', 'performance', ...timerNames, ...randomNames].map(property => ({
      property,
      message: useClock,
    })),
  ],
  'no-restricted-syntax': [
    'error',
    ban(
      'new Date()',
      'NewExpression[arguments.length=0]:matches([callee.name="Date"], [callee.property.name="Date"])',
    ),
    ban('Date()', 'CallExpression[callee.name="Date"]'),
    ban('Date.now', 'MemberExpression[object.property.name="Date"][property.name="now"]'),
    ban('Math.random', 'MemberExpression[object.property.name="Math"][property.name="random"]'),
    // A slash cannot stand in a selector's pattern: `.` stands for the one in timers/promises.
    ban('clock modules', 'ImportExpression > Literal[value=/^(node:)?(perf_hooks|timers(.promises)?)$/]'),
    { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
  ],
  'no-restricted-imports': [
    'error',
    {
      paths: [
        ...bothNames(clockModules).map(name => ({ name, message: useClock })),
        ...bothNames(['crypto']).map(name => ({
          name,
          importNames: [...randomNames, 'webcrypto'],
          message: useClock,
        })),
        ...bothNames(['process']).map(name => ({
          name,
          importNames: ['hrtime', 'uptime'],
          message: useClock,
        })),
        { name: 'headwater', message: 'inside src import the file itself, relatively' },
      ],
    },
  ],
}

const typeRules = {
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-import-type-side-effects': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
  '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes `!` the honest form in tight loops
  '@typescript-eslint/require-await': 'off', // an implementation may be simpler than its asynchronous contract
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-console': 'off',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-self-compare': 'error',
  'no-promise-executor-return': 'off',
  'no-template-curly-in-string': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-implicit-coercion': 'off',
}

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**', 'fixtures/**/*.js', 'fixtures/**/*.mjs'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['tsconfig.test.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: typeRules,
  },
  {
    files: ['src/**/*.ts'],
    ...boundariesConfig,
    languageOptions: { parserOptions: { project: ['tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...boundariesConfig.rules,
      ...clockBans,
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/prefer-readonly': 'error',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/clock.ts'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': 'off',
      'no-restricted-imports': 'off',
    },
  },
  {
    // Tests and tools: asserting (`expect(x).to.be.true`), wrong use on purpose and quick helpers are their business.
    files: ['test/**/*.ts', 'tools/**/*.ts', 'fixtures/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'max-lines': ['error', { max: 500 }],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
      },
    },
  },
)
