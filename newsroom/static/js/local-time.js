// <time …>20:19 UTC</time> <local-time datetime="2026-06-25T20:19:00Z"></local-time>
// Adds the same instant on the reader's own clock: "(22:19 CEST)". It stays empty without
// JavaScript and for readers whose clock shows UTC already.
class LocalTime extends HTMLElement {
  connectedCallback() {
    const at = new Date(this.getAttribute("datetime"))
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) return
    const parts = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" }
    if (at.getDate() !== at.getUTCDate()) Object.assign(parts, { weekday: "short" })
    this.textContent = `(${new Intl.DateTimeFormat(undefined, parts).format(at)})`
    this.title = "On your clock"
  }
}
customElements.define("local-time", LocalTime)
