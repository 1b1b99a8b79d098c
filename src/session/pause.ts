/** A wait that can be cut short. */
export class Pause {
  #end: () => void = () => {}

  /** Waits `durationMs`, or until `end` is called where there is no limit. */
  async wait(durationMs?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = durationMs === undefined ? undefined : setTimeout(resolve, durationMs)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Ends the wait that is going on; does nothing where there is none. */
  end(): void {
    this.#end()
  }
}
