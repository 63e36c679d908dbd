// <p data-phase="closed"><exchange-state now="…" changes-at="…" verb="opens" next-phase="open"
//   next-word="open" next-verb="closes" next-changes-at="…">NYSE <span class="exchange-word">closed
//   </span> · <time class="exchange-countdown">opens in 17h 10m</time></exchange-state></p>
// Counts down to the next opening or close, and past it once. Without JavaScript the text
// stays as the server wrote it.
const TRUSTED = 10 * 60_000 // ms; a clock further from the server's is not believed

class ExchangeState extends HTMLElement {
  connectedCallback() {
    const server = Date.parse(this.getAttribute("now"))
    const skew = server - Date.now()
    this.skew = Math.abs(skew) > TRUSTED ? skew : 0
    this.word = this.querySelector(".exchange-word")
    this.countdown = this.querySelector(".exchange-countdown")
    this.show = this.show.bind(this)
    document.addEventListener("visibilitychange", this.show)
    this.show()
  }

  disconnectedCallback() {
    clearTimeout(this.timer)
    document.removeEventListener("visibilitychange", this.show)
  }

  show() {
    clearTimeout(this.timer)
    if (document.hidden || !this.countdown) return
    let left = Date.parse(this.getAttribute("changes-at")) - this.now()
    if (left <= 0) left = this.pass()
    if (Number.isNaN(left) || left <= 0) {
      this.countdown.textContent = ""
      return
    }
    this.countdown.textContent = `${this.getAttribute("verb")} in ${words(left)}`
    this.timer = setTimeout(this.show, (left % 60_000) + 50)
  }

  // The change has come: from here on what the server said would follow.
  pass() {
    const next = this.getAttribute("next-changes-at")
    this.word.textContent = this.getAttribute("next-word")
    this.parentElement.dataset.phase = this.getAttribute("next-phase")
    this.setAttribute("verb", this.getAttribute("next-verb"))
    this.setAttribute("changes-at", next)
    this.setAttribute("next-changes-at", "")
    this.countdown.dateTime = next
    this.countdown.removeAttribute("title")
    return Date.parse(next) - this.now()
  }

  now() {
    return Date.now() + this.skew
  }
}

function words(left) {
  const minutes = Math.floor(left / 60_000)
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60]
  if (days) return `${days}d ${hours}h ${rest}m`
  if (hours) return `${hours}h ${rest}m`
  return rest ? `${rest}m` : "less than 1m"
}

customElements.define("exchange-state", ExchangeState)
