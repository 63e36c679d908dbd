// <ul data-now="…"><li><world-clock zone="Europe/London" name="BST"><abbr>BST</abbr>
//   <time>21:19</time><span class="clock-day"></span></world-clock></li></ul>
// Moves the clock on, minute by minute. The zone's name is the server's; with changes-at and
// next-name it changes at the instant the clocks do. Without JavaScript the text stays.
const TRUSTED = 10 * 60_000 // ms; a clock further from the server's is not believed

class WorldClock extends HTMLElement {
  connectedCallback() {
    const server = Date.parse(this.closest("[data-now]")?.dataset.now)
    const skew = server - Date.now()
    this.skew = Math.abs(skew) > TRUSTED ? skew : 0
    this.time = this.querySelector("time")
    this.format = formatter(this.getAttribute("zone"), { hour: "2-digit", minute: "2-digit" })
    this.day = formatter(this.getAttribute("zone"), { weekday: "short" })
    this.show = this.show.bind(this)
    document.addEventListener("visibilitychange", this.show)
    if (this.time && this.format) this.show()
  }

  disconnectedCallback() {
    clearTimeout(this.timer)
    document.removeEventListener("visibilitychange", this.show)
  }

  show() {
    clearTimeout(this.timer)
    if (document.hidden || !this.format) return
    const now = Date.now() + this.skew
    const at = new Date(now)
    if (Date.parse(this.getAttribute("changes-at")) <= now) {
      this.querySelector("abbr").textContent = this.getAttribute("next-name")
    }
    const text = this.format.format(at)
    if (this.time.textContent !== text) {
      this.time.textContent = text
      this.time.dateTime = at.toISOString()
    }
    const day = this.day.format(at)
    this.querySelector(".clock-day").textContent = day === UTC_DAY.format(at) ? "" : ` ${day}`
    this.timer = setTimeout(this.show, 60_000 - (now % 60_000) + 50)
  }
}

// A browser that does not know the zone leaves the server's text alone.
function formatter(timeZone, parts) {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...parts })
  } catch {
    return null
  }
}

const UTC_DAY = formatter("UTC", { weekday: "short" })

customElements.define("world-clock", WorldClock)
