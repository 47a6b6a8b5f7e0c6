// What a component has on the page: made once, brought up to date with each run of the page's script, and ended once the
// component is taken away.
//
// Streamlit also says that a component ends where two runs of the script come so fast that the second finds the first not yet
// through: it stays on the page, and is brought up to date some moments later. What is pressed meanwhile has to be heard.

// `create(component)` makes what has update(component) and stop().
export function standing(create) {
  const instances = new WeakMap()
  return component => {
    const { parentElement } = component
    if (!instances.has(parentElement)) instances.set(parentElement, create(component))
    const instance = instances.get(parentElement)
    instance.update(component)
    return () => {
      if (parentElement.isConnected) return
      instance.stop()
      instances.delete(parentElement)
    }
  }
}
