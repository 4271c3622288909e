export { answerPage } from './answer-page.ts'
export { readPageFiles } from './read-page-files.ts'
