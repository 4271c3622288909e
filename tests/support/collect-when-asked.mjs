// Preloaded with `node --import`: collects the garbage of this process for each connection to the
// socket GARBAGE_FOLDER/PID, and answers the bytes that objects and buffers still hold.
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  // V8 defines `gc` only in contexts that are made after the flag is set.
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const server = createServer((socket) => {
    socket.on('error', () => {}) // The asking process has ended.
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    socket.end(String(heapUsed + arrayBuffers))
  })
  server.listen(join(process.env.GARBAGE_FOLDER, String(process.pid)))
  server.unref()
}
