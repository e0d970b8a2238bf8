// Preloaded (`node --import ./test/savepoint/pausing-fs.mjs …`): stops this process, by SIGSTOP, before its n-th
// file-system call that touches a folder; whoever watches it does something then, and lets it go on.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'

const fs = createRequire(import.meta.url)('node:fs')

let watched = null

/** From now on calls in the folder count, from 1; before call `at` the process stops. The answer ends it: the number of calls. */
globalThis.pauseAt = (folder, at) => {
  watched = { folder: resolve(folder), at, calls: 0 }
  return () => {
    const { calls } = watched
    watched = null
    return calls
  }
}

function count(path) {
  if (watched === null || typeof path !== 'string') return
  if (!`${resolve(path)}/`.startsWith(`${watched.folder}/`)) return
  if (++watched.calls === watched.at) process.kill(process.pid, 'SIGSTOP')
}

const names =
  'open link rename rm unlink rmdir mkdir copyFile writeFile readFile readdir stat lstat utimes'.split(' ')
for (const name of names) {
  const call = fs.promises[name]
  fs.promises[name] = async (...args) => {
    count(args[0])
    const result = await call(...args)
    return name === 'open' ? counted(result, args[0]) : result
  }
  const sync = fs[`${name}Sync`]
  fs[`${name}Sync`] = (...args) => {
    count(args[0])
    return sync(...args)
  }
}

function counted(handle, path) {
  for (const name of ['read', 'readv', 'readFile', 'write', 'writeFile', 'sync', 'close']) {
    const call = handle[name].bind(handle)
    handle[name] = (...args) => {
      count(path)
      return call(...args)
    }
  }
  return handle
}
syncBuiltinESMExports()
