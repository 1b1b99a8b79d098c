/** Takes every step, in order, whatever becomes of the others; then throws the first error, if any. */
export async function finishAll(steps: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (thrown) {
      errors.push(thrown)
    }
  }
  if (errors.length > 0) throw errors[0]
}
