/** Consecutive sends of one device to one conversation. They must be stored in the order sent. */
type SendRun = { readonly name: string; entered: number; unanswered: number; firstRefused: number }

/** The position of one send in its run. */
export type RunPosition = { readonly run: SendRun; readonly at: number }

/**
 * Whether an earlier send of the run was refused. Then this one is refused, too, unless it is
 * stored already.
 */
export const isBehindRefused = ({ run, at }: RunPosition): boolean => at > run.firstRefused

/**
 * The writer's half of the hold rule (see `SendOutcome`). The socket's half is `SendOrderGate`.
 * Memory is bounded by the number of unanswered sends.
 *
 * A run ends once all its sends are answered, or as soon as a refusal is answered. Sends submitted
 * before the refusal reaches the client, in the same turn of the event loop, still belong to the
 * run and are refused. Later sends start a new run. The new run begins with the oldest send that
 * the client saw no answer to, so it does not depend on the old run's unanswered sends.
 */
export function createSendRuns() {
  const current = new Map<string, SendRun>()

  const end = (run: SendRun) => current.get(run.name) === run && current.delete(run.name)

  return {
    enter(device: number, conversation: string): RunPosition {
      const name = `${device}:${conversation}`
      const run = current.get(name) ?? { name, entered: 0, unanswered: 0, firstRefused: Number.POSITIVE_INFINITY }
      if (run.entered === 0) current.set(name, run)
      run.unanswered++
      return { run, at: run.entered++ }
    },

    /** Removes a send from its run. Call it before the send is answered. */
    leave({ run, at }: RunPosition, isRefused: boolean): void {
      run.unanswered--
      if (isRefused && at < run.firstRefused) {
        run.firstRefused = at
        queueMicrotask(() => end(run))
      } else if (run.unanswered === 0 && run.firstRefused === Number.POSITIVE_INFINITY) end(run)
    },
  }
}
