interface Closable {
  close(): Promise<void> | void
}

/** What one owner has to close, last come first closed, whatever happens. */
export class Owned {
  readonly #closables: Closable[] = []

  add<Resource extends Closable>(resource: Resource): Resource {
    this.#closables.push(resource)
    return resource
  }

  /** Closes everything that was added. Never throws: a failing clean-up hides no first error. */
  async close(): Promise<void> {
    for (const closable of this.#closables.splice(0).reverse()) {
      try {
        await closable.close()
      } catch {
        // The outcome is already decided.
      }
    }
  }
}
