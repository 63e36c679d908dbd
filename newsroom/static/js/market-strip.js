// <market-strip><ul class="quotes"><li data-symbol="SPY">…</li>…</ul></market-strip>
// Puts new prices in place. They come as a "live:quotes" event on the document, whose
// detail.chips holds an <li> as text for each symbol that changed; when none has come for a
// while, the strip is asked for. It never scrolls by itself. Without JavaScript it is the
// list the server wrote.
const QUIET = 90_000 // ms without news before the strip is asked for
const ADDRESS = "/markets/strip/"

class MarketStrip extends HTMLElement {
  connectedCallback() {
    this.take = this.take.bind(this)
    this.wait = this.wait.bind(this)
    document.addEventListener("live:quotes", this.take)
    document.addEventListener("visibilitychange", this.wait)
    this.wait()
  }

  disconnectedCallback() {
    clearTimeout(this.timer)
    document.removeEventListener("live:quotes", this.take)
    document.removeEventListener("visibilitychange", this.wait)
  }

  take(event) {
    for (const [symbol, html] of Object.entries(event.detail.chips)) this.put(symbol, html)
    this.wait()
  }

  wait() {
    clearTimeout(this.timer)
    if (!document.hidden) this.timer = setTimeout(() => this.ask(), QUIET)
  }

  async ask() {
    try {
      const answer = await fetch(ADDRESS, { headers: { Accept: "text/html" } })
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
        for (const li of fresh.querySelectorAll("[data-symbol]")) {
          this.put(li.dataset.symbol, li.outerHTML)
        }
      }
    } catch { /* offline: the next round will tell */ }
    this.wait()
  }

  // Only what differs is touched, so that focus and a reader's selection stay.
  put(symbol, html) {
    const old = this.querySelector(`[data-symbol="${CSS.escape(symbol)}"]`)
    if (!old || old.outerHTML === html) return
    const holder = document.createElement("template")
    holder.innerHTML = html
    const chip = holder.content.firstElementChild
    if (chip?.dataset.symbol !== symbol || chip.outerHTML === old.outerHTML) return
    const focused = old.contains(document.activeElement)
    old.replaceWith(chip)
    if (focused) chip.querySelector("a")?.focus({ preventScroll: true })
  }
}

customElements.define("market-strip", MarketStrip)
