import { useState } from 'preact/hooks'
import { CallError } from '../../state/engine-link.ts'
import type { Words } from '../../words/en.ts'
import { usePage } from '../page-context.ts'

/** Returns the words for a failure. Codes without words of the page have those of the engine. */
function failureWords(words: Words, error: unknown, isPasswordAsked = false): string {
  const { code, message } = error instanceof CallError ? error : { code: '', message: String(error) }
  const own: Readonly<Record<string, string>> = words.settings.errors
  if (isPasswordAsked && code === 'wrong_credentials') return words.settings.errors.wrong_password
  return own[code] ?? words.errors[code] ?? message
}

/** Runs what a form does, and says how it went. The work returns what is told when it is done. */
export function useWork({ isPasswordAsked = false } = {}) {
  const { words } = usePage()
  const [isBusy, setIsBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [outcome, setOutcome] = useState<string>()
  const run = async (work: () => Promise<string | undefined>): Promise<boolean> => {
    setIsBusy(true)
    setProblem(undefined)
    setOutcome(undefined)
    try {
      setOutcome(await work())
      return true
    } catch (error) {
      setProblem(failureWords(words, error, isPasswordAsked))
      return false
    } finally {
      setIsBusy(false)
    }
  }
  return { isBusy, problem, outcome, run }
}

/** Returns the text of a field of a submitted form. */
export function fieldsOf(event: SubmitEvent): (name: string) => string {
  event.preventDefault()
  // The cast holds because only forms call this.
  const fields = new FormData(event.currentTarget as HTMLFormElement)
  return (name) => String(fields.get(name) ?? '')
}
