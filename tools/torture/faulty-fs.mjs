// Preloaded before anything else (`node --import ./tools/torture/faulty-fs.mjs …`): wraps node:fs and node:fs/promises,
// so that a process can be stopped before its n-th call that touches a folder, without ending the process: all calls from
// there on never come back (asynchronous) or throw (synchronous), which for the disk is the same as SIGKILL.
//
// It also plays power loss, from a journal of what was not synced:
//   kill    nothing is lost
//   lost    every name made, renamed or removed since its folder was last synced is as before
//   torn    names stay, but files that were written and not synced are cut in half
//   mixed   removals stay, new names are lost
// What a file had when it was last synced, or when the watch began, stays in all of them.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const require = createRequire(import.meta.url)
const fs = require('node:fs')
const original = { ...fs }
const promises = { ...fs.promises }

let plan = null

/** Watches a folder: stops before call `at` (from 1; Infinity: never) and then loses what `mode` says. */
export function arm(root, at, mode, backup) {
  let stop
  const stopped = new Promise(done => (stop = done))
  plan = {
    root: resolve(root),
    at,
    mode,
    backup,
    calls: 0,
    dead: false,
    flying: 0,
    names: [],
    dirty: new Set(),
    safe: new Map(),
    files: new Map(),
    stop,
    kept: 0,
  }
  const armed = plan
  return { stopped, isStopped: () => armed.dead }
}

/** Of which watch a call is part: what was stopped once is stopped for ever, also when nobody watches any more. */
const watched = new AsyncLocalStorage()
const isStopped = () => watched.getStore()?.dead === true

/** Runs what is being watched. */
function whileWatched(work) {
  return watched.run(plan, work)
}

/** Does some work in the folder, stopped before call `at`; whether it came to its end. Nothing is watched any more then. */
export async function stoppedAt(root, at, mode, backup, work) {
  const watch = arm(root, at, mode, backup)
  const wasStopped = watch.stopped.then(() => false)
  const ended = await Promise.race([
    whileWatched(work).then(
      () => true,
      error => {
        if (watch.isStopped()) return wasStopped
        throw error
      },
    ),
    wasStopped,
  ])
  disarm()
  return ended
}

/** Ends watching. */
export function disarm() {
  plan = null
}

const inside = path =>
  typeof path === 'string' &&
  plan !== null &&
  !plan.losing &&
  (path === plan.root || path.startsWith(`${plan.root}/`))

class Dead extends Error {}

/** Counts a call; false when it is the one that never happens. */
function counts(path) {
  if (isStopped()) return false
  if (!inside(path)) return true
  if (plan.dead) return false
  plan.calls++
  if (plan.calls < plan.at) return true
  plan.dead = true
  if (plan.flying === 0) end()
  return false
}

function end() {
  plan.losing = true // some functions of Node call others by their public names
  try {
    lose()
  } finally {
    plan.losing = false
    plan.stop()
  }
}

function keep(path) {
  const copy = join(plan.backup, String(++plan.kept))
  original.linkSync(path, copy)
  return copy
}

/** What is to be known before a name changes. */
function before(name, args) {
  const [a, b] = args.map(each => (typeof each === 'string' ? resolve(each) : each))
  if (name === 'link' || name === 'copyFile')
    return { kind: 'made', from: a, path: b, fresh: !original.existsSync(b) }
  if (name === 'rename') {
    const over = original.existsSync(b) && original.lstatSync(b).isFile() ? keep(b) : null
    return { kind: 'renamed', from: a, path: b, over }
  }
  if (name === 'rm' || name === 'unlink') {
    if (!original.existsSync(a)) return null
    return original.lstatSync(a).isFile() ? { kind: 'removed', path: a, copy: keep(a) } : null
  }
  if (name === 'open') {
    const writes = typeof b === 'string' ? /[wa+]/.test(b) : typeof b === 'number' && (b & 3) !== 0
    return writes ? { kind: 'made', path: a, fresh: !original.existsSync(a), writes: true } : null
  }
  if (name === 'writeFile') return { kind: 'made', path: a, fresh: !original.existsSync(a), dirty: true }
  return null
}

function after(name, event) {
  if (event === null || plan === null) return
  if (event.dirty || name === 'copyFile') soil(event.path, 0)
  if (name === 'link' && plan.dirty.has(event.from)) soil(event.path, plan.safe.get(event.from))
  if (event.kind === 'made' && !event.fresh) return
  if (event.kind === 'renamed' && plan.dirty.delete(event.from)) soil(event.path, plan.safe.get(event.from))
  plan.names.push(event)
}

/** The file has bytes that are not synced; the first `safe` ones are. */
function soil(path, safe) {
  if (!plan.dirty.has(path)) plan.safe.set(path, safe)
  plan.dirty.add(path)
}

const sizeOf = path => (original.existsSync(path) ? original.statSync(path).size : 0)

function cut(path, size) {
  if (sizeOf(path) > size) original.truncateSync(path, size)
}

function synced(path) {
  plan.dirty.delete(path)
  plan.names = plan.names.filter(event => dirname(event.path) !== path)
}

function lose() {
  const { mode, names, dirty, safe } = plan
  if (mode === 'torn') {
    for (const path of dirty) cut(path, Math.max(safe.get(path), sizeOf(path) >> 1))
  }
  if (mode !== 'lost' && mode !== 'mixed') return
  for (const event of names.toReversed()) {
    const { kind, path, from, over, copy } = event
    if (kind === 'made') original.rmSync(path, { force: true })
    if (kind === 'renamed' && original.existsSync(path)) {
      original.renameSync(path, from)
      if (over !== null) original.linkSync(over, path)
    }
    if (kind === 'removed' && mode === 'lost' && !original.existsSync(path)) original.linkSync(copy, path)
  }
  for (const path of dirty) cut(path, safe.get(path))
}

const never = () => new Promise(() => undefined)

const named = [
  'open',
  'link',
  'rename',
  'rm',
  'unlink',
  'rmdir',
  'mkdir',
  'copyFile',
  'writeFile',
  'readdir',
  'stat',
  'lstat',
  'truncate',
]

for (const name of named) {
  const async_ = promises[name]
  fs.promises[name] = async (...args) => {
    if (isStopped()) return never()
    const path =
      named.indexOf(name) >= 0 && typeof args[1] === 'string' && ['link', 'rename', 'copyFile'].includes(name)
        ? args[1]
        : args[0]
    if (!inside(resolve(String(path)))) return async_(...args)
    if (!counts(resolve(String(path)))) return never()
    const mine = plan
    const event = before(name, args)
    mine.flying++
    try {
      const result = await async_(...args)
      if (mine === plan) after(name, event)
      return name === 'open' ? watchedHandle(result, resolve(String(path))) : result
    } finally {
      mine.flying--
      if (mine === plan && mine.dead && mine.flying === 0) end()
      if (mine.dead) await never()
    }
  }
  const sync = original[`${name}Sync`]
  fs[`${name}Sync`] = (...args) => {
    if (isStopped() && plan?.losing !== true) throw new Dead('stopped')
    const path = resolve(String(args[0]))
    if (!inside(path)) return sync(...args)
    if (!counts(path)) throw new Dead('stopped')
    const event = before(name, args)
    const result = sync(...args)
    after(name, event)
    if (name === 'open') plan.files.set(result, path)
    return result
  }
}

function watchedHandle(handle, path) {
  const write = name => {
    const call = handle[name].bind(handle)
    handle[name] = async (...args) => {
      if (!counts(path)) return never()
      if (plan !== null) soil(path, sizeOf(path))
      return call(...args)
    }
  }
  for (const name of ['write', 'writev', 'writeFile', 'truncate']) write(name)
  const sync = handle.sync.bind(handle)
  handle.sync = async () => {
    if (!counts(path)) return never()
    await sync()
    if (plan?.dead === false) synced(path)
  }
  return handle
}

const writeSync = original.writeSync
fs.writeSync = (descriptor, ...args) => {
  const path = plan?.files.get(descriptor)
  if (path === undefined) return writeSync(descriptor, ...args)
  if (!counts(path)) throw new Dead('stopped')
  soil(path, sizeOf(path))
  return writeSync(descriptor, ...args)
}
const fsync = original.fsync
fs.fsync = (descriptor, done) => {
  const path = plan?.files.get(descriptor)
  if (path === undefined) return fsync(descriptor, done)
  if (!counts(path)) return
  fsync(descriptor, error => {
    if (plan !== null && !plan.dead) synced(path)
    done(error)
  })
}
syncBuiltinESMExports()
