// `npm run images:local` builds all images into podman's store without a registry. It is for
// machines that reach npm and Debian only; elsewhere use `docker compose build` or `docker build
// --target …`.
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
