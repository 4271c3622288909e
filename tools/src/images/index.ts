export { buildAgain, buildImages, type ImageTarget, sizeOf, targets } from './build-images.ts'
export { assertPossible } from './containers.ts'
