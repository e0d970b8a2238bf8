// Builds dist/: the library, the command line and the decode worker as ES modules, and the declarations.
//
// Our own code and the dependencies that are plain JavaScript are bundled: reading few files instead of several
// hundred is what makes the command line start fast; looking.js is a single one for the commands that look into savepoints. What stays outside either reads files beside itself
// (parquet-wasm), is optional (@duckdb/node-api and the Kafka clients), or is needed rarely (jiti, parquetjs-lite).
// All output lies flat in dist/, so that `new URL('./decode-worker.js', import.meta.url)` holds in every chunk.
// Files are replaced one at a time and only when they changed: a process that runs from dist/ is not disturbed.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')

const entryPoints = [
  { in: 'src/index.ts', out: 'index' },
  { in: 'src/cli/every-command.ts', out: 'every-command' },
  { in: 'src/source/parquet/decode-worker.ts', out: 'decode-worker' },
  { in: 'src/cli/task-worker.ts', out: 'task-worker' },
]
/** The command line: what begins it, and one file with all that the commands need that look into a savepoint. */
const program = [
  { in: 'src/cli/main.ts', out: 'cli' },
  { in: 'src/cli/looking.ts', out: 'looking' },
]
/** The only packages in it; they are small. */
const programPackages = ['yargs-parser', 'p-limit', 'yocto-queue']

const external = [
  'parquet-wasm',
  'parquetjs-lite',
  'tinyglobby',
  'jiti',
  '@duckdb/node-api',
  '@platformatic/kafka',
  'avsc',
  'protobufjs',
  '@confluentinc/kafka-javascript',
  'headwater',
]

/** Bundles the entry points that exist; gives path in dist → content. */
async function bundle() {
  const present = entryPoints.filter(entry => existsSync(join(root, entry.in)))
  for (const entry of entryPoints) {
    if (!present.includes(entry))
      console.log(`build: ${entry.in} does not exist, dist/${entry.out}.js is left out`)
  }
  const common = {
    absWorkingDir: root,
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  }
  const library = await build({ ...common, entryPoints: present, splitting: true, external })
  const cli = await build({ ...common, entryPoints: program, plugins: [beside], external })
  refuseOtherPackages(Object.keys(cli.metafile.inputs))
  const files = new Map(
    [...library.outputFiles, ...cli.outputFiles].map(file => [relative(dist, file.path), file.text]),
  )
  refuseDynamicRequire(files)
  const start = files.get('cli.js')
  if (!start.startsWith('#!')) files.set('cli.js', `#!/usr/bin/env node\n${start}`)
  const inputs = [library, cli].flatMap(({ metafile }) => Object.keys(metafile.inputs))
  files.set('THIRD-PARTY-LICENSES.txt', licencesOf(inputs))
  return files
}

/** Where one of the program's parts goes on in another, that is a file beside it. */
const beside = {
  name: 'beside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(every-command|looking)\.ts$/ }, ({ path }) => ({
      path: path.replace(/ts$/, 'js'),
      external: true,
    }))
  },
}

/** What is in it is read at every start of a command. */
function refuseOtherPackages(inputs) {
  const isKnown = input => programPackages.some(name => input.includes(`node_modules/${name}/`))
  const strange = inputs.find(input => input.includes('node_modules/') && !isKnown(input))
  if (strange !== undefined)
    throw new Error(`dist/looking.js would hold ${strange}, which its commands would wait for`)
}

/** A bundled CommonJS package that calls `require` would fail only when that line runs: it fails here instead. */
function refuseDynamicRequire(files) {
  for (const [path, text] of files) {
    const call = /\b__require\d*\(["'][^"']+["']\)/.exec(text)
    if (call)
      throw new Error(`dist/${path}: ${call[0]} does not work in an ES module; add that package to external`)
  }
}

/** The licence texts of the packages that went into the bundle, as their licences ask. */
function licencesOf(inputs) {
  const folders = new Set()
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
    if (folder !== undefined) folders.add(folder)
  }
  const sections = [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const texts = readdirSync(join(root, folder))
      .filter(file => /^(licen[cs]e|notice|copying)/i.test(file))
      .sort()
    const body = texts.map(file => readFileSync(join(root, folder, file), 'utf8').trim()).join('\n\n')
    return `${name} ${version} (${license})\n\n${body}`
  })
  const rule = `\n\n${'-'.repeat(80)}\n\n`
  return `The files in this folder contain code of these packages.${rule}${sections.join(rule)}\n`
}

/** Declarations of all that src/index.ts reaches; gives path in dist → content. */
function declarations() {
  const files = new Map()
  if (!existsSync(join(root, 'src/index.ts'))) return files
  const scratch = join(root, 'node_modules/.cache/headwater-declarations', String(process.pid))
  try {
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', scratch], {
      cwd: root,
      stdio: 'inherit',
    })
    for (const entry of readdirSync(scratch, { recursive: true })) {
      if (!entry.endsWith('.d.ts')) continue
      files.set(entry, withJsExtensions(readFileSync(join(scratch, entry), 'utf8')))
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return files
}

/** Sources import './x.ts'; what stands beside a declaration for a consumer's compiler is './x.js'. */
function withJsExtensions(text) {
  return text.replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2')
}

/** Brings dist/ to exactly these files. */
function publish(files) {
  for (const [path, text] of files) {
    const target = join(dist, path)
    if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
      mkdirSync(dirname(target), { recursive: true })
      const temporary = `${target}.${process.pid}.tmp`
      writeFileSync(temporary, text)
      renameSync(temporary, target)
    }
    if (path === 'cli.js') chmodSync(target, 0o755)
  }
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = relative(dist, join(entry.parentPath, entry.name))
    if (entry.isFile() && !files.has(path) && !path.endsWith('.tmp'))
      rmSync(join(dist, path), { force: true })
  }
}

const bundled = await bundle()
publish(new Map([...bundled, ...declarations()]))
const bytes = [...bundled].reduce((sum, [path, text]) => sum + (path.endsWith('.js') ? text.length : 0), 0)
console.log(
  `build: ${[...bundled.keys()].filter(path => path.endsWith('.js')).length} files, ${Math.round(bytes / 1024)} KiB`,
)
