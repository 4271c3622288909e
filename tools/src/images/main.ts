// `npm run images:local`: all images without a registry, into podman's store. For machines that reach npm and Debian only; elsewhere
// `docker compose build` or `docker build --target …` do.
import process from 'node:process'
import { buildImages } from './build-images.ts'
import { assertPossible } from './containers.ts'

try {
  await assertPossible('images:local')
  await buildImages((line) => console.log(line))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
