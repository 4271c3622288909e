// Preloaded with `node --import`: writes the URLs of the modules that the process loads to
// MODULES_FILE, one a line.
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(process.env.MODULES_FILE, `${url}\n`)
    return nextLoad(url, context)
  },
})
