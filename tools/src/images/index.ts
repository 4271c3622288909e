export { buildAgain, buildImages, type ImageTarget, sizeOf, tagAs, targets } from './build-images.ts'
export { assertPossible } from './containers.ts'
