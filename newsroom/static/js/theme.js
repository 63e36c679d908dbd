// The reader's choice of light or dark, kept on this device alone. It runs before the
// first paint, so that a page never flashes in the other theme.
(() => {
  const root = document.documentElement
  let chosen = null
  try { chosen = localStorage.getItem("theme") } catch { /* no storage: follow the system */ }
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen

  const isDark = () =>
    root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches

  const ICON = `<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6"
    fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 2a6 6 0 0 1 0 12z"
    fill="currentColor"/></svg>`

  // <theme-switch></theme-switch>: empty without JavaScript, for then it could do nothing.
  class ThemeSwitch extends HTMLElement {
    connectedCallback() {
      this.innerHTML = `<button type="button" aria-label="Dark theme">${ICON}</button>`
      this.button = this.firstElementChild
      this.button.addEventListener("click", () => this.choose(isDark() ? "light" : "dark"))
      this.show()
    }

    choose(theme) {
      root.dataset.theme = theme
      try { localStorage.setItem("theme", theme) } catch { /* it holds for this page */ }
      this.show()
    }

    show() {
      this.button.setAttribute("aria-pressed", String(isDark()))
    }
  }
  customElements.define("theme-switch", ThemeSwitch)
})()
