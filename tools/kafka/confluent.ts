/**
 * Makes @confluentinc/kafka-javascript importable for the tests of the second adapter, which compare it with the first. It is
 * no dependency of the repository: it has to be built, which takes minutes and needs the headers of some libraries. Where
 * they are, it is built once, under node_modules/.cache, and linked into node_modules.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const name = '@confluentinc/kafka-javascript'
const version = '1.10.1'
const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'node_modules')
const folder = join(modules, '.cache', `headwater-confluent-${version}`)
/** By far the most of what is built. */
const unneeded = [
  'deps',
  'build/Release/obj.target',
  'build/deps/librdkafka.a',
  'build/deps/librdkafka-static.a',
]
const built = join(folder, 'node_modules', name)
const failed = join(folder, 'failed.log')

/** Of the packages libcurl4-openssl-dev, libssl-dev, libsasl2-dev, zlib1g-dev, libzstd-dev and liblz4-dev on Debian. */
const headers = ['curl/curl.h', 'openssl/ssl.h', 'sasl/sasl.h', 'zlib.h', 'zstd.h', 'lz4.h']

/** Installs it where that is possible. Says why it is not there, for people; null when it is. */
export function installConfluent(): string | null {
  if (isThere()) return null
  const why = whyNotBuilt()
  if (why !== null) return why
  const link = join(modules, name)
  mkdirSync(join(link, '..'), { recursive: true })
  rmSync(link, { recursive: true, force: true })
  symlinkSync(built, link)
  return isThere() ? null : `${name} was built and cannot be loaded`
}

/** Asked of another process: one that did not find a package once does not look again. */
function isThere(): boolean {
  return (
    spawnSync(process.execPath, ['-e', `require('${name}')`], { cwd: root, stdio: 'ignore' }).status === 0
  )
}

function whyNotBuilt(): string | null {
  if (existsSync(failed)) return `${name} could not be built; ${failed} says why: delete it to try again`
  if (existsSync(join(built, 'package.json'))) return null
  const lacking = lackingHeader()
  if (lacking !== null) return `${name} cannot be built here: ${lacking}`
  console.log(`building ${name} ${version}: minutes, once`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const own = { private: true, dependencies: { [name]: version }, allowScripts: { [name]: true } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--no-package-lock'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: {
        ...process.env,
        CKJS_LINKING: 'dynamic', // against the system's libraries: others would be fetched
        PATH: `${boundedMake()}${delimiter}${process.env['PATH'] ?? ''}`,
      },
    },
  )
  if (status === 0) {
    for (const rest of unneeded) rmSync(join(built, rest), { recursive: true, force: true })
    return null
  }
  writeFileSync(failed, `${stdout}${stderr}`)
  return `${name} could not be built: ${readFileSync(failed, 'utf8').trim().split('\n').slice(-3).join(' ')}`
}

/**
 * A folder with a `make` of at most one compiler a core: the package asks for `make -j` without a bound, which on a small
 * machine is more memory and load than there is.
 */
function boundedMake(): string {
  const bin = join(folder, 'bin')
  const own = process.env['PATH'] ?? ''
  const script = [
    '#!/bin/sh',
    'for word in "$@"; do',
    '  shift',
    `  if [ "$word" = -j ]; then word=-j${availableParallelism()}; fi`,
    '  set -- "$@" "$word"',
    'done',
    // Makes that it starts find this one again.
    `exec "$(PATH='${own.replaceAll("'", `'\\''`)}' command -v make)" "$@"`,
  ]
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'make'), `${script.join('\n')}\n`, { mode: 0o755 })
  return bin
}

/** What the C++ compiler says; null when all is there. */
function lackingHeader(): string | null {
  const input = headers.map(header => `#include <${header}>\n`).join('')
  const { status, stderr, error } = spawnSync('c++', ['-x', 'c++', '-fsyntax-only', '-'], {
    input,
    encoding: 'utf8',
  })
  if (status === 0) return null
  return error?.message ?? /fatal error: (.*)/.exec(stderr)?.[1] ?? 'the compiler fails'
}
