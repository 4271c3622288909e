export { type Command, isForPrograms } from './command.ts'
export { commands } from './commands.ts'
export { families } from './families.ts'
export { dashed, type Param, writtenName } from './param.ts'
